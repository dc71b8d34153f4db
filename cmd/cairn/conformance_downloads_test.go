package main

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/paulmach/orb/maptile"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/image/webp"
)

// members returns the contents of a zip by name.
func members(t *testing.T, a answer) map[string]string {
	t.Helper()
	require.Equal(t, http.StatusOK, a.status, "%s", a.body)
	require.Equal(t, "application/zip", a.header.Get("Content-Type"))
	return zipMembers(t, a.body)
}

// withFiles makes a dataset with files whose content is their path.
func (c client) withFiles(t *testing.T, slug, visibility string, paths ...string) (dataset string) {
	t.Helper()
	dataset = c.newDataset(t, slug, visibility)
	for _, path := range paths {
		c.upload(t, dataset, path, []byte(path))
	}
	return dataset
}

// withRaster makes a dataset with a built raster and returns the hash of it.
func (c client) withRaster(t *testing.T, slug string, size int) (dataset, hash string) {
	t.Helper()
	dataset = c.newDataset(t, slug, "public")
	c.upload(t, dataset, "a.tif", geotiff(t, size))
	return dataset, *c.awaitBuilt(t, dataset, "a.tif").Hash
}

// Section 6.7 of the REST API's checklist.
var downloadStatements = []statement{
	{number: 107, says: "a download is an attachment with its name, and has ranges", holds: func(t *testing.T) {
		c := server(t)
		ds := c.withFiles(t, "rest107", "public", "täst 1.txt")
		a := c.get(t, ds+"/download?path="+url.QueryEscape("täst 1.txt"))
		assert.Equal(t, "bytes", a.header.Get("Accept-Ranges"))
		assert.Contains(t, a.header.Get("Content-Disposition"), "attachment; ")
		assert.Contains(t, a.header.Get("Content-Disposition"), "filename*=UTF-8''t%C3%A4st%201.txt")
	}},
	{number: 108, says: "inline=1 is no attachment", holds: func(t *testing.T) {
		c := server(t)
		ds := c.withFiles(t, "rest108", "public", "a.txt", "b.svg")
		assert.Empty(t, c.get(t, ds+"/download?path=a.txt&inline=1").header.Get("Content-Disposition"))
		assert.Equal(t, "sandbox", c.get(t, ds+"/download/b.svg?inline=1").header.Get("Content-Security-Policy"))
		assert.Contains(t, c.get(t, ds+"/download?inline=1").header.Get("Content-Disposition"), "inline")
	}},
	{number: 109, says: "ranges are 206, impossible ones 416", holds: func(t *testing.T) {
		c := server(t)
		ds := c.withFiles(t, "rest109", "public", "twelve-bytes")
		part := c.get(t, ds+"/download?path=twelve-bytes", "Range", "bytes=0-9")
		assert.Equal(t, 206, part.status)
		assert.Equal(t, "twelve-byt", string(part.body))
		c.get(t, ds+"/download?path=twelve-bytes", "Range", "bytes=12-").requireError(t, 416)
	}},
	{number: 110, says: "If-Modified-Since with Last-Modified is 304", holds: func(t *testing.T) {
		c := server(t)
		ds := c.withFiles(t, "rest110", "public", "a")
		since := c.get(t, ds+"/download?path=a").header.Get("Last-Modified")
		assert.Equal(t, 304, c.get(t, ds+"/download?path=a", "If-Modified-Since", since).status)
	}},
	{number: 111, says: "a missing path is 404", holds: func(t *testing.T) {
		c := server(t)
		ds := c.withFiles(t, "rest111", "public", "a")
		c.get(t, ds+"/download?path=gone").requireError(t, 404, "gone")
		c.get(t, ds+"/download/gone").requireError(t, 404, "gone")
		c.form(t, "POST", ds+"/download", "path", "gone").requireError(t, 404, "gone")
		c.get(t, ds+"/download?path=a,gone").requireError(t, 400, "gone")
	}},
	{number: 112, says: "several paths, a folder or none are a zip", holds: func(t *testing.T) {
		c := server(t)
		ds := c.withFiles(t, "rest112", "public", "a", "b/c", "b/d")
		assert.Equal(t, map[string]string{"a": "a", "b/d": "b/d"}, members(t, c.get(t, ds+"/download?path=a,b/d")))
		assert.Equal(t, map[string]string{"b/": "", "b/c": "b/c", "b/d": "b/d"}, members(t, c.get(t, ds+"/download/b")))
		assert.Len(t, members(t, c.get(t, ds+"/download")), 5)
		empty := c.newDataset(t, "rest112-empty", "public")
		assert.Equal(t, "PK", string(c.get(t, empty+"/download").body[:2]))
	}},
	{number: 113, says: "the zip of everything has the index file", holds: func(t *testing.T) {
		c := server(t)
		ds := c.withEverything(t, "rest113")
		c.awaitBuilt(t, ds, "sub/raster.tif")
		found := members(t, c.get(t, ds+"/download"))
		assert.Equal(t, []string{"!first", ".ddb/dbase.sqlite", "a.txt", "empty/", "empty/folder/", "sub/", "sub/raster.tif", "sub/é,+&.txt"}, names(found))
		assert.Equal(t, "a.txt", found["a.txt"])
		readIndexFile(t, found[".ddb/dbase.sqlite"]).requireTheSame(t, c, ds)
	}},
	{number: 114, says: "a file with a comma in its name is found", holds: func(t *testing.T) {
		c := server(t)
		ds := c.withFiles(t, "rest114", "public", "a,b.jpg", "a", "c,d,e.txt", "f")
		assert.Equal(t, "a,b.jpg", string(c.get(t, ds+"/download?path=a,b.jpg").body))
		assert.Equal(t, "a,b.jpg", string(c.get(t, ds+"/download?path=a%2Cb.jpg&inline=1").body))
		assert.Equal(t, map[string]string{"a,b.jpg": "a,b.jpg", "a": "a", "c,d,e.txt": "c,d,e.txt", "f": "f"},
			members(t, c.get(t, ds+"/download?path=a,b.jpg,a,c,d,e.txt,f,a")))
	}},
	{number: 115, says: "a comma list in a form is a zip", holds: func(t *testing.T) {
		c := server(t)
		ds := c.withFiles(t, "rest115", "public", "a.jpg", "b.jpg", "c.jpg")
		want := map[string]string{"a.jpg": "a.jpg", "b.jpg": "b.jpg"}
		assert.Equal(t, want, members(t, c.form(t, "POST", ds+"/download", "path", "a.jpg,b.jpg")))
		assert.Equal(t, want, members(t, c.multipart(t, "POST", ds+"/download", "path", "a.jpg", "path", "b.jpg")))
		assert.Equal(t, want, members(t, c.post(t, "POST", ds+"/download", map[string]any{"path": []string{"a.jpg", "b.jpg"}})))
		many := strings.Repeat("a.jpg,b.jpg,", 5000) + "c.jpg"
		assert.Len(t, members(t, c.form(t, "POST", ds+"/download", "path", many)), 3)
	}},
	{number: 116, says: "empty folders are in the zip", holds: func(t *testing.T) {
		c := server(t)
		ds := c.newDataset(t, "rest116", "public")
		require.Equal(t, 201, c.multipart(t, "POST", ds+"/obj", "path", "empty/folder").status)
		assert.Contains(t, members(t, c.get(t, ds+"/download")), "empty/folder/")
	}},
	{number: 117, says: "/ddb is a zip with the index file in the native schema", holds: func(t *testing.T) {
		c := server(t)
		ds := c.withEverything(t, "rest117")
		x := c.index(t, ds)
		x.requireTheSame(t, c, ds)
		require.Len(t, x.Entries, 7)
		assert.Equal(t, "sub/raster.tif", x.Entries[5].Path)
		assert.NotEmpty(t, x.Entries[5].Polygon)
	}},
	{number: 118, says: "the zip flows before all files are read", holds: func(t *testing.T) {
		c := server(t)
		ds := c.newDataset(t, "rest118", "public")
		for i := range 3 {
			c.upload(t, ds, fmt.Sprintf("%d.bin", i), bytes.Repeat([]byte{byte(i)}, 8<<20))
		}
		response, err := http.Get(c.base + ds + "/download")
		require.NoError(t, err)
		defer response.Body.Close()
		begin := make([]byte, 64<<10)
		_, err = io.ReadFull(response.Body, begin) // the rest waits for us
		require.NoError(t, err)
		assert.Equal(t, "PK", string(begin[:2]))
		assert.Greater(t, response.ContentLength, int64(24<<20))
	}},
	{number: 119, says: "a download beyond the limit is 429", holds: func(t *testing.T) {
		c := strict.client(t)
		user := c.user(t, "rest119")
		require.Equal(t, 201, user.form(t, "POST", "/orgs/rest119/ds", "slug", "big").status)
		const ds = "/orgs/rest119/ds/big"
		user.upload(t, ds, "big.bin", make([]byte, 32<<20))
		var open []*http.Response
		for range strictDownloads { // each waits to be read
			request, err := http.NewRequest(http.MethodGet, c.base+ds+"/download/big.bin", nil)
			require.NoError(t, err)
			request.Header.Set("Authorization", "Bearer "+user.token)
			response, err := http.DefaultClient.Do(request)
			require.NoError(t, err)
			require.Equal(t, 200, response.StatusCode)
			open = append(open, response)
		}
		beyond := user.get(t, ds+"/download/big.bin")
		beyond.requireError(t, http.StatusTooManyRequests)
		assert.Equal(t, "10", beyond.header.Get("Retry-After"))
		page := user.get(t, ds+"/download/big.bin", "Accept", "text/html")
		assert.Equal(t, http.StatusTooManyRequests, page.status)
		assert.Contains(t, page.header.Get("Content-Type"), "text/html")
		assert.Equal(t, http.StatusTooManyRequests, user.get(t, ds+"/download/big.bin", "X-Download-Check", "1").status)
		assert.Equal(t, 200, c.get(t, ds+"/download/big.bin", "Range", "bytes=0-1").status/206*200, "administrators are exempt")
		for _, response := range open {
			require.NoError(t, response.Body.Close())
		}
		require.Eventually(t, func() bool { return user.get(t, ds+"/download/big.bin", "X-Download-Check", "1").status == 200 }, 10*time.Second, 10*time.Millisecond)
	}},
	{number: 120, says: "the preflight is 200, empty, and takes no slot", holds: func(t *testing.T) {
		for _, s := range []*sharedServer{open, strict} {
			c := s.client(t)
			ds := c.withFiles(t, "rest120", "public", "a")
			for range 5 {
				for _, path := range []string{"/download/a", "/download?path=a", "/build-artifact?path=a"} {
					a := c.anonymous().get(t, ds+path, "X-Download-Check", "1")
					assert.Equal(t, 200, a.status, path)
					assert.Empty(t, a.body)
				}
			}
		}
	}},
	{number: 121, says: "anonymous archives can be refused, single files are not", holds: func(t *testing.T) {
		c := strict.client(t)
		ds := c.withFiles(t, "rest121", "public", "a", "b")
		nobody := c.anonymous()
		assert.Equal(t, "a", string(nobody.get(t, ds+"/download?path=a").body))
		for _, path := range []string{"/download", "/download?path=a,b", "/download?path=a&path=b"} {
			nobody.get(t, ds+path).requireError(t, 401)
		}
		nobody.form(t, "POST", ds+"/download", "path", "a,b").requireError(t, 401)
		nobody.post(t, "POST", ds+"/tasks", map[string]any{"toolId": "bulk-download"}).requireError(t, 401)
		assert.Len(t, members(t, c.get(t, ds+"/download")), 3)
	}},
	{number: 122, says: "thumb is WebP with a longest side of size", holds: func(t *testing.T) {
		c := server(t)
		ds := c.newDataset(t, "rest122", "public")
		c.upload(t, ds, "a.png", picture(t, 300, 100))
		a := c.get(t, ds+"/thumb?path=a.png&size=200")
		require.Equal(t, "image/webp", a.header.Get("Content-Type"))
		config, err := webp.DecodeConfig(bytes.NewReader(a.body))
		require.NoError(t, err)
		require.Equal(t, 200, max(config.Width, config.Height))
	}},
	{number: 123, says: "thumb without a path is the dataset's or 404", holds: func(t *testing.T) {
		c := server(t)
		ds := c.newDataset(t, "rest123", "public")
		c.get(t, ds+"/thumb").requireError(t, 404)
		c.upload(t, ds, "thumbnail.png", picture(t, 300, 100))
		require.Equal(t, 200, c.get(t, ds+"/thumb").status)
	}},
	{number: 124, says: "tiles have 256 pixels, with @2x 512", holds: func(t *testing.T) {
		c := server(t)
		ds, _ := c.withRaster(t, "rest124", rasterSize)
		at := maptile.At(geographic(t, 0.5, 0.5), 18)
		for suffix, pixels := range map[string]int{".png": 256, "@2x.png": 512} {
			tile := decodePNG(t, c.get(t, fmt.Sprintf("%s/tiles/%d/%d/%d%s?path=a.tif", ds, at.Z, at.X, at.Y, suffix)))
			require.Equal(t, pixels, tile.Bounds().Dx())
		}
	}},
	{number: 125, says: "outside the raster is transparent, outside the grid 400", holds: func(t *testing.T) {
		c := server(t)
		ds, _ := c.withRaster(t, "rest125", 64)
		tile := decodePNG(t, c.get(t, ds+"/tiles/5/1/1.png?path=a.tif"))
		_, _, _, alpha := tile.At(128, 128).RGBA()
		assert.Zero(t, alpha)
		c.get(t, ds+"/tiles/2/0/4.png?path=a.tif").requireError(t, 400)
		c.get(t, ds+"/tiles/2/0/0@3x.png?path=a.tif").requireError(t, 400)
	}},
	{number: 126, says: "rows count from the north", holds: func(t *testing.T) {
		c := server(t)
		ds, _ := c.withRaster(t, "rest126", rasterSize)
		at := maptile.At(geographic(t, 0.5, 0.5), 15) // by orb, whose rows count from the north
		north := decodePNG(t, c.get(t, fmt.Sprintf("%s/tiles/%d/%d/%d.png?path=a.tif", ds, at.Z, at.X, at.Y)))
		opaque := false
		for x := range 256 {
			for y := range 256 {
				_, _, _, alpha := north.At(x, y).RGBA()
				opaque = opaque || alpha > 0
			}
		}
		require.True(t, opaque)
	}},
	{number: 127, says: "thumbnails and tiles have an ETag and answer 304", holds: func(t *testing.T) {
		c := server(t)
		ds, _ := c.withRaster(t, "rest127", 64)
		for _, path := range []string{"/thumb?path=a.tif", "/tiles/5/1/1.png?path=a.tif"} {
			etag := c.get(t, ds+path).header.Get("ETag")
			require.NotEmpty(t, etag, path)
			require.Equal(t, 304, c.get(t, ds+path, "If-None-Match", etag).status, path)
		}
	}},
	{number: 128, says: "HEAD of a build file is 200 or 404, GET has ranges", holds: func(t *testing.T) {
		c := server(t)
		ds, hash := c.withRaster(t, "rest128", 64)
		file := ds + "/build/" + hash + "/cog/cog.tif"
		assert.Equal(t, 200, c.send(t, http.MethodHead, file, nil).status)
		assert.Equal(t, 404, c.send(t, http.MethodHead, strings.Replace(file, "cog.tif", "none.tif", 1), nil).status)
		assert.Equal(t, 206, c.get(t, file, "Range", "bytes=0-9").status)
		whole := c.get(t, ds+"/build-artifact?path=a.tif")
		assert.Equal(t, c.get(t, file).body, whole.body)
		assert.Contains(t, whole.header.Get("Content-Disposition"), `attachment; filename="a.tif"`)
	}},
	{number: 129, says: "a missing build file is 404", holds: func(t *testing.T) {
		c := server(t)
		ds, hash := c.withRaster(t, "rest129", 64)
		c.get(t, ds+"/build/"+hash+"/nxs/model.nxz").requireError(t, 404)
		c.get(t, ds+"/build/"+sum([]byte("x"))+"/cog/cog.tif").requireError(t, 404)
	}},
}

// A browser's script gets a link, which holds for ten minutes and for whoever
// asked for it alone.
func TestDownloadByTicket(t *testing.T) {
	t.Parallel()
	c := server(t)
	ds := c.withFiles(t, "tickets", "private", "a", "b/c", "d")
	user := c.member(t, "tickets", 0)
	var link struct{ DownloadURL string }
	body, kind := multipartBody(t, "path", "a,b")
	user.send(t, "POST", ds+"/download", body, "Content-Type", kind, "Origin", c.base).json(t, 200, &link)
	path := strings.TrimPrefix(link.DownloadURL, c.base)
	want := map[string]string{"a": "a", "b/": "", "b/c": "b/c"}
	assert.Equal(t, want, members(t, c.anonymous().get(t, path)), "the link is good by itself")
	c.anonymous().get(t, strings.Replace(path, "ticket=", "ticket=x", 1)).requireError(t, 404)
	require.Equal(t, 200, c.send(t, "DELETE", "/users/tickets/orgs/admin", nil).status)
	c.anonymous().get(t, path).requireError(t, 403)
}
