package thermal

import (
	"bytes"
	"encoding/xml"
	"strings"
)

// Properties reads the simple properties of an XMP packet up to its first
// error, by their local names: cameras choose prefixes freely. Of one that is
// there twice the first counts.
func Properties(packet []byte) map[string]string {
	const most, longest = 4096, 4096
	found := map[string]string{}
	add := func(name, value string) {
		if value = strings.TrimSpace(value); found[name] == "" && value != "" && len(found) < most && len(value) < longest {
			found[name] = value
		}
	}
	var text []byte
	d := xml.NewDecoder(bytes.NewReader(packet))
	d.Strict = false
	for {
		token, err := d.RawToken()
		if err != nil {
			return found
		}
		switch token := token.(type) {
		case xml.StartElement:
			text = text[:0]
			for _, a := range token.Attr {
				if a.Name.Space != "xmlns" {
					add(a.Name.Local, a.Value)
				}
			}
		case xml.CharData:
			if len(text) < longest {
				text = append(text, token...)
			}
		case xml.EndElement:
			add(token.Name.Local, string(text))
			text = text[:0]
		}
	}
}
