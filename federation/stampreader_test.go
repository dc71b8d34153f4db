package federation

import (
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/cairngeo/cairn"
	"github.com/cairngeo/cairn/federation/stamp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// readStamp reads a stamp into memory.
func readStamp(text string) (s stamp.Stamp, err error) {
	in := newStampReader(strings.NewReader(text))
	err = in.read(func(next func() (string, string, error)) error {
		for {
			path, hash, err := next()
			if errors.Is(err, io.EOF) {
				return nil
			}
			if err != nil {
				return err
			}
			s.Entries = append(s.Entries, stamp.Entry{Path: path, Hash: hash})
		}
	}, func(next func() (string, error)) error {
		for {
			id, err := next()
			if errors.Is(err, io.EOF) {
				return nil
			}
			if err != nil {
				return err
			}
			s.Meta = append(s.Meta, id)
		}
	})
	s.Checksum = in.Checksum
	return s, err
}

const hash = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"

func TestStampReader(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		`{"checksum":"c","entries":[{"":""},{"a.txt":"` + hash + `"},{"é":""}],"meta":["m1","m2"]}`,
		` { "meta" : ["m1","m2"], "other":{"x":[null]}, "entries":[{"":""},{"a.txt":"` + hash + `"},{"\u00e9":""}] , "checksum" :"c" } `,
	} {
		s, err := readStamp(text)
		require.NoError(t, err, text)
		assert.Equal(t, stamp.Stamp{Checksum: "c", Entries: []stamp.Entry{{Path: ""}, {Path: "a.txt", Hash: hash}, {Path: "é"}}, Meta: []string{"m1", "m2"}}, s)
	}
	for _, text := range []string{
		``, `null`, `[]`, `{}`, `"x"`, `{"checksum":"c","entries":[],"meta":[]`, `{"checksum":"c","entries":[],"meta":[]}x`, `{"checksum":"c","entries":[],"meta":[]}{}`,
		`{"entries":[],"meta":[]}`, `{"checksum":"c","meta":[]}`, `{"checksum":"c","entries":[]}`, `{"checksum":1,"entries":[],"meta":[]}`,
		`{"checksum":"c","entries":null,"meta":[]}`, `{"checksum":"c","entries":{},"meta":[]}`, `{"checksum":"c","entries":[],"meta":null}`, `{"checksum":"c","entries":[],"meta":[1]}`,
		`{"checksum":"c","entries":[],"meta":[""]}`, `{"checksum":"c","entries":[],"entries":[],"meta":[]}`,
		`{"checksum":"c","entries":["a"],"meta":[]}`, `{"checksum":"c","entries":[{}],"meta":[]}`, `{"checksum":"c","entries":[{"a":"","b":""}],"meta":[]}`,
		`{"checksum":"c","entries":[{"a":null}],"meta":[]}`, `{"checksum":"c","entries":[{"a":"xyz"}],"meta":[]}`, `{"checksum":"c","entries":[{"a":"` + strings.ToUpper(hash) + `"}],"meta":[]}`,
		`{"checksum":"c","entries":[{"":"` + hash + `"}],"meta":[]}`, `{"checksum":"c","entries":[{"a/":""}],"meta":[]}`,
		`{"checksum":"c","entries":[{"/a":""}],"meta":[]}`, `{"checksum":"c","entries":[{"a/../b":""}],"meta":[]}`, `{"checksum":"c","entries":[{"a\\b":""}],"meta":[]}`,
		`{"checksum":"c","entries":[{"a\u0000":""}],"meta":[]}`, `{"checksum":"c","entries":[{"x/.ddb/y":""}],"meta":[]}`, `{"checksum":"c","entries":[{"C:/y":""}],"meta":[]}`,
		"{\"checksum\":\"c\",\"entries\":[{\"\xff\":\"\"}],\"meta\":[]}", `{"checksum":"c","entries":[{"` + strings.Repeat("a", 200_000) + `":""}],"meta":[]}`,
		`{"x":` + strings.Repeat("[", 100_000) + `}`,
	} {
		_, err := readStamp(text)
		assert.Equal(t, cairn.Invalid, cairn.CodeOf(err), "%.200s: %v", text, err)
	}
}

// Whatever comes is read as what it is, or refused; nothing else happens.
func FuzzStampReader(f *testing.F) {
	for _, seed := range []string{`{"checksum":"c","entries":[{"a":""}],"meta":["m"]}`, `{"checksum":"c","entries":[{"a":"` + hash + `"}]}`, `{`, ``, `[]`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		s, err := readStamp(text)
		if err != nil {
			assert.Equal(t, cairn.Invalid, cairn.CodeOf(err))
			return
		}
		var again stamp.Stamp
		require.NoError(t, again.UnmarshalJSON([]byte(text)))
		assert.True(t, stamp.New(s.Entries, s.Meta).Same(again), text)
	})
}

func TestRecordReader(t *testing.T) {
	t.Parallel()
	in := newRecordReader(strings.NewReader(`[{"data":"\"My ds\"","id":"m1","key":"name","mtime":1795413298.0,"path":"","more":1}]`))
	r, err := in.next()
	require.NoError(t, err)
	assert.Equal(t, `"My ds"`, string(r.Data))
	assert.Equal(t, int64(1795413298), r.MTime)
	_, err = in.next()
	assert.ErrorIs(t, err, io.EOF)
	for _, text := range []string{``, `{}`, `[`, `[1]`, `[{}]`, `[{"id":"m","path":"","key":"k","data":{},"mtime":1}]`, `[{"id":"m","path":"","key":"k","data":"1","mtime":"1"}]`,
		`[{"id":"m","path":"","key":"k","data":"1","mtime":1.5}]`, `[{"id":"m","path":"","key":"k","data":"1","mtime":1e300}]`, `[{"id":null,"path":"","key":"k","data":"1","mtime":1}]`} {
		_, err := newRecordReader(strings.NewReader(text)).next()
		assert.Equal(t, cairn.Invalid, cairn.CodeOf(err), text)
	}
}
