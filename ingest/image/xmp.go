package image

import (
	"bytes"
	"encoding/xml"
	"math"
	"strconv"
	"strings"
)

// xmp is the simple properties of an XMP packet as "prefix:Name" -> text. The
// known namespaces always have the same prefix, whatever the packet calls them.
// What a video container says itself is here too, as "video:Name".
type xmp map[string]string

// xmpPrefixes are the customary prefixes of the namespaces that are read,
// without the trailing slash that not all cameras write.
var xmpPrefixes = map[string]string{
	"http://www.dji.com/drone-dji/1.0":            "drone-dji",
	"http://pix4d.com/camera/1.0":                 "Camera",
	"http://ns.google.com/photos/1.0/panorama":    "GPano",
	"http://www.w3.org/1999/02/22-rdf-syntax-ns#": "rdf",
}

// Bounds on what is kept of a packet.
const (
	maxProperties = 4096
	maxDepth      = 64
)

// parseXMP reads a packet up to its first error. A property is written as an
// attribute of rdf:Description or as an element with text (XMP specification
// part 1, 7.4 and 7.9.2); of one that is there twice the first counts.
func parseXMP(packet []byte) xmp {
	x := xmp{}
	prefixes := map[string]string{} // of this packet -> customary
	var open []string               // names of the elements around the current token
	var text strings.Builder

	d := xml.NewDecoder(bytes.NewReader(packet))
	d.Strict = false
	for len(x) < maxProperties {
		token, err := d.RawToken()
		if err != nil {
			break
		}
		switch token := token.(type) {
		case xml.StartElement:
			text.Reset()
			learnPrefixes(prefixes, token.Attr)
			name := qualified(prefixes, token.Name)
			if len(open) == maxDepth {
				return x
			}
			open = append(open, name)
			if name == "rdf:Description" {
				x.addAttributes(prefixes, token.Attr)
			}
		case xml.CharData:
			if text.Len() < maxText {
				text.Write(token[:min(len(token), maxText)])
			}
		case xml.EndElement:
			if len(open) == 0 {
				return x
			}
			x.addElement(open, strings.TrimSpace(text.String()))
			open = open[:len(open)-1]
			text.Reset()
		}
	}
	return x
}

// learnPrefixes takes the namespace declarations among attrs.
func learnPrefixes(prefixes map[string]string, attrs []xml.Attr) {
	for _, a := range attrs {
		if a.Name.Space != "xmlns" || len(prefixes) >= maxProperties {
			continue
		}
		if customary, ok := xmpPrefixes[strings.TrimSuffix(a.Value, "/")]; ok {
			prefixes[a.Name.Local] = customary
		}
	}
}

func qualified(prefixes map[string]string, name xml.Name) string {
	prefix := name.Space
	if customary, ok := prefixes[prefix]; ok {
		prefix = customary
	}
	return prefix + ":" + name.Local
}

func (x xmp) addAttributes(prefixes map[string]string, attrs []xml.Attr) {
	for _, a := range attrs {
		if a.Name.Space != "" && a.Name.Space != "xmlns" {
			x.add(qualified(prefixes, a.Name), a.Value)
		}
	}
}

// addElement adds the innermost of open when it is a property with plain text.
func (x xmp) addElement(open []string, text string) {
	if last := len(open) - 1; last > 0 && open[last-1] == "rdf:Description" && text != "" {
		x.add(open[last], text)
	}
}

func (x xmp) add(name, value string) {
	if _, twice := x[name]; !twice && !strings.HasPrefix(name, "rdf:") && !strings.HasPrefix(name, "xml:") && len(value) <= maxText {
		x[name] = value
	}
}

func (x xmp) text(name string) string {
	return strings.TrimSpace(x[name])
}

// number returns a finite property; cameras write it as decimal, often with a
// plus sign, or as a rational "n/d".
func (x xmp) number(name string) (value float64, ok bool) {
	numerator, denominator, rational := strings.Cut(x.text(name), "/")
	value, err := strconv.ParseFloat(numerator, 64)
	if err != nil {
		return 0, false
	}
	if rational {
		d, err := strconv.ParseFloat(denominator, 64)
		if err != nil {
			return 0, false
		}
		value = ratio(value, d)
	}
	if !finite(value) {
		return 0, false
	}
	return value, true
}

// integer returns a whole property of at most 32 bits.
func (x xmp) integer(name string) (value int, ok bool) {
	n, ok := x.number(name)
	if !ok || math.Abs(n) > math.MaxInt32 {
		return 0, false
	}
	return int(n), true
}
