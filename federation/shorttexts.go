package federation

import (
	"bytes"
	"io"

	"github.com/cairngeo/cairn"
	"github.com/go-json-experiment/json/jsontext"
)

// newDecoder reads JSON in which no text is longer than so many bytes, in
// little memory: it does not keep the names of an object's members either.
func newDecoder(r io.Reader, longest int) *jsontext.Decoder {
	return jsontext.NewDecoder(&shortTexts{r: r, most: longest}, jsontext.AllowDuplicateNames(true))
}

// shortTexts reads JSON and fails where a text in it is so long that whoever
// decodes it would need more memory than any honest text does.
type shortTexts struct {
	r     io.Reader
	most  int // bytes from one quotation mark to the next
	since int // bytes since the last one
}

func (s *shortTexts) Read(p []byte) (int, error) {
	n, err := s.r.Read(p)
	if last := bytes.LastIndexByte(p[:n], '"'); last >= 0 {
		s.since = n - last - 1
	} else {
		s.since += n
	}
	if s.since > s.most {
		return 0, cairn.Errorf(cairn.Invalid, "A text in it is longer than %d bytes.", s.most)
	}
	return n, err
}
