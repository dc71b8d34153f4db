package main

import (
	"archive/zip"
	"bytes"
	"net/http"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// archived returns the members of the zip that the client gets for several paths.
func (d ddb) archived(t *testing.T, dataset, paths string) map[string]string {
	t.Helper()
	return zipMembers(t, d.archive(t, dataset, paths))
}

func (d ddb) archive(t *testing.T, dataset, paths string) []byte {
	t.Helper()
	a := d.ask(t, dataset+"/download", "path", paths)
	require.Equal(t, http.StatusOK, a.status, "%s", a.body)
	return a.body
}

// requireRaw requires the content that an address, sent as it is, has in all generations.
func (c client) requireRaw(t *testing.T, address, content string) {
	t.Helper()
	for _, g := range generations {
		a := g.as(c).get(t, address)
		require.Equal(t, http.StatusOK, a.status, "%s: %s", address, a.body)
		require.Equal(t, content, string(a.body), address)
	}
}

// Section "Download" of the checklist.
var ddbDownloadStatements = []statement{
	{number: 82, says: "a file is downloaded byte for byte", holds: func(t *testing.T) {
		c := server(t)
		ds := c.newDataset(t, "ddb82", "public")
		content := strings.Repeat("\x00\xff\r\n binary ", 10_000)
		c.upload(t, ds, "a.txt", []byte(content))
		c.anonymous().requireRaw(t, ds+"/download?path=a.txt", content)
	}},
	{number: 83, says: "a raw + is a +", holds: func(t *testing.T) {
		c := server(t)
		ds := c.withFiles(t, "ddb83", "public", "sub/a+b.txt")
		c.requireRaw(t, ds+"/download?path=sub/a+b.txt", "sub/a+b.txt")
		c.upload(t, ds, "sub/a b.txt", []byte("with a space"))
		c.requireRaw(t, ds+"/download?path=sub/a+b.txt", "with a space") // which is what it means to everybody else
	}},
	{number: 84, says: "a raw & is an &", holds: func(t *testing.T) {
		c := server(t)
		ds := c.withFiles(t, "ddb84", "public", "a&b.txt", "x=1&y=2?,z.txt")
		c.requireRaw(t, ds+"/download?path=a&b.txt", "a&b.txt")
		c.requireRaw(t, ds+"/download?path=x=1&y=2?,z.txt", "x=1&y=2?,z.txt")
	}},
	{number: 85, says: "a%41b.txt is found where aAb.txt isn't", holds: func(t *testing.T) {
		c := server(t)
		ds := c.withFiles(t, "ddb85", "public", "a%41b.txt")
		c.requireRaw(t, ds+"/download?path=a%41b.txt", "a%41b.txt")
		c.upload(t, ds, "aAb.txt", []byte("decoded"))
		c.requireRaw(t, ds+"/download?path=a%41b.txt", "decoded")
	}},
	{number: 86, says: "raw UTF-8 in the request line is taken", holds: func(t *testing.T) {
		c := server(t)
		ds := c.withFiles(t, "ddb86", "public", "ü.txt", "日本/😀.txt")
		c.requireRaw(t, ds+"/download?path=ü.txt", "ü.txt")
		c.requireRaw(t, ds+"/download?path=日本/😀.txt", "日本/😀.txt")
	}},
	{number: 87, says: "several paths are a zip with exactly these members", holds: func(t *testing.T) {
		c := server(t)
		ds := c.withFiles(t, "ddb87", "public", "a.txt", "sub/b.txt", "c.txt")
		for _, g := range generations {
			want := map[string]string{"a.txt": "a.txt", "sub/b.txt": "sub/b.txt"}
			require.Equal(t, want, g.as(c.anonymous()).archived(t, ds, "a.txt,sub/b.txt"))
			require.Equal(t, want, g.as(c.anonymous()).archived(t, ds, "sub/b.txt,a.txt,sub/b.txt"))
		}
	}},
	{number: 88, says: "a comma in a name is told from one between names", holds: func(t *testing.T) {
		c := server(t)
		ds := c.withFiles(t, "ddb88", "public", "a,b.txt", "c.txt", "a", "d,e,f/g,h.txt")
		for _, g := range generations {
			require.Equal(t, map[string]string{"a,b.txt": "a,b.txt", "c.txt": "c.txt", "d,e,f/g,h.txt": "d,e,f/g,h.txt"},
				g.as(c).archived(t, ds, "a,b.txt,c.txt,d,e,f/g,h.txt"))
		}
	}},
	{number: 89, says: "members are stored or deflated and have relative names in UTF-8", holds: func(t *testing.T) {
		c := server(t)
		ds := c.withFiles(t, "ddb89", "public", "é/日本.txt", "a..b.txt", "plain.txt")
		content := g3.as(c).archive(t, ds, "a..b.txt,plain.txt,é/日本.txt")
		archive, err := zip.NewReader(bytes.NewReader(content), int64(len(content)))
		require.NoError(t, err)
		require.Len(t, archive.File, 3)
		for _, member := range archive.File {
			assert.Contains(t, []uint16{zip.Store, zip.Deflate}, member.Method)
			assert.True(t, utf8.ValidString(member.Name) && !member.NonUTF8, member.Name)
			assert.Equal(t, member.Name == "é/日本.txt", member.Flags&0x800 != 0, "the flag for UTF-8")
			assert.False(t, strings.HasPrefix(member.Name, "/"))
			assert.NotContains(t, strings.Split(member.Name, "/"), "..")
			assert.Zero(t, member.Flags&1, "no password")
		}
	}},
	{number: 90, says: "files without bytes are in the zip", holds: func(t *testing.T) {
		c := server(t)
		ds := c.withFiles(t, "ddb90", "public", "full.txt")
		c.upload(t, ds, "empty.txt", nil)
		require.Equal(t, map[string]string{"empty.txt": "", "full.txt": "full.txt"}, g5.as(c).archived(t, ds, "empty.txt,full.txt"))
	}},
	{number: 91, says: "what isn't there is an error", holds: func(t *testing.T) {
		c := server(t)
		ds := c.withFiles(t, "ddb91", "public", "a.txt")
		for _, g := range generations {
			g.as(c).get(t, ds+"/download?path=nothing.txt").requireError(t, http.StatusNotFound, "nothing.txt")
			g.as(c).ask(t, ds+"/download", "path", "a.txt,nothing.txt").requireError(t, http.StatusBadRequest, "nothing.txt")
		}
	}},
	{number: 92, says: "a private dataset is 401 to nobody", holds: func(t *testing.T) {
		c := server(t)
		ds := c.withFiles(t, "ddb92", "private", "a.txt", "b.txt")
		for _, g := range generations {
			nobody := g.as(c.anonymous())
			nobody.get(t, ds+"/download?path=a.txt").requireError(t, http.StatusUnauthorized)
			nobody.get(t, ds+"/download?path=nothing.txt").requireError(t, http.StatusUnauthorized)
			nobody.ask(t, ds+"/download", "path", "a.txt,b.txt").requireError(t, http.StatusUnauthorized)
			require.Equal(t, "a.txt", string(g.as(c).get(t, ds+"/download?path=a.txt").body))
		}
	}},
	{number: 93, says: "a download by address has ranges", holds: func(t *testing.T) {
		c := server(t)
		ds := c.withFiles(t, "ddb93", "public", "raw/twelve-bytes")
		d := g5.as(c.anonymous())
		a := d.exchange(t, d.head("GET", ds+"/download/raw/twelve-bytes", "Range: bytes=4-7"), nil)
		require.Equal(t, http.StatusPartialContent, a.status)
		require.Equal(t, "twel", string(a.body))
		require.Equal(t, "bytes 4-7/16", a.header.Get("Content-Range"))
	}},
}
