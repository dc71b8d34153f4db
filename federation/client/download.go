package client

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/cairngeo/cairn"
)

// Target is where a download goes; *os.File is one.
type Target interface {
	io.WriteSeeker
	Truncate(size int64) error
}

// Download writes a file of the dataset to the target. It goes on where the
// target ends, if the server can; the caller knows the hash and checks it.
// Progress is called with bytes that came in, or with less than 0 if the
// server begins anew; it may be nil.
func (c *Client) Download(ctx context.Context, d Dataset, path string, to Target, progress func(int64)) error {
	what := call{method: http.MethodGet, path: d.path() + "/download", query: url.Values{"path": {path}}}
	if strings.Contains(path, ",") { // which existing servers split a query at
		segments := strings.Split(path, "/")
		for i, s := range segments {
			segments[i] = url.PathEscape(s)
		}
		what.path, what.query = what.path+"/"+strings.Join(segments, "/"), nil
	}
	return c.fetch(ctx, what, to, progress)
}

// DownloadZip writes a zip of several files, or without any of the whole
// dataset with its index, to the target. It can't go on with half a zip.
func (c *Client) DownloadZip(ctx context.Context, d Dataset, paths []string, to Target, progress func(int64)) error {
	if len(paths) == 0 {
		return c.fetchWhole(ctx, call{method: http.MethodGet, path: d.path() + "/download"}, to, progress)
	}
	fields := []string{"path", strings.Join(paths, ",")}
	if strings.Count(fields[1], ",") > len(paths)-1 { // repeated, they are taken as they are
		fields = nil
		for _, path := range paths {
			fields = append(fields, "path", path)
		}
	}
	return c.fetchWhole(ctx, call{method: http.MethodPost, path: d.path() + "/download", body: form(fields...)}, to, progress)
}

// Index writes a zip with the dataset's index file, .ddb/dbase.sqlite, to the target.
func (c *Client) Index(ctx context.Context, d Dataset, to Target) error {
	return c.fetchWhole(ctx, call{method: http.MethodGet, path: d.path() + "/ddb"}, to, nil)
}

// fetch goes on with the target until it is whole. Who gets on has patience.
func (c *Client) fetch(ctx context.Context, what call, to Target, progress func(int64)) error {
	for p := c.patience(); ; {
		before, err := to.Seek(0, io.SeekEnd)
		if err != nil {
			return err
		}
		err = c.fetchRest(ctx, what, to, before, progress)
		if after, _ := to.Seek(0, io.SeekEnd); after > before {
			p = c.patience()
		}
		if !p.endures(ctx, err) {
			return err
		}
	}
}

func (c *Client) fetchRest(ctx context.Context, what call, to Target, have int64, progress func(int64)) error {
	what.header = http.Header{"Accept-Encoding": {"identity"}}
	if have > 0 {
		what.header.Set("Range", fmt.Sprintf("bytes=%d-", have))
	}
	answer, err := c.send(ctx, what)
	if have > 0 && (cairn.CodeOf(err) == cairn.Invalid || err == nil && !goesOnAt(answer, have)) {
		if err == nil {
			answer.Body.Close()
		}
		what.header.Del("Range")
		if err = empty(to, have, progress); err == nil {
			answer, err = c.send(ctx, what)
		}
	}
	if err != nil {
		return err
	}
	return copyTo(to, answer, progress)
}

// goesOnAt tells whether the answer begins with the byte at the offset.
func goesOnAt(answer *http.Response, offset int64) bool {
	return answer.StatusCode == http.StatusPartialContent && strings.HasPrefix(answer.Header.Get("Content-Range"), fmt.Sprintf("bytes %d-", offset))
}

// fetchWhole writes an answer that has no ranges.
func (c *Client) fetchWhole(ctx context.Context, what call, to Target, progress func(int64)) error {
	return c.repeat(ctx, func() error {
		have, err := to.Seek(0, io.SeekEnd)
		if err == nil {
			err = empty(to, have, progress)
		}
		if err != nil {
			return err
		}
		answer, err := c.send(ctx, what)
		if err != nil {
			return err
		}
		return copyTo(to, answer, progress)
	})
}

func empty(to Target, had int64, progress func(int64)) error {
	if err := to.Truncate(0); err != nil {
		return err
	}
	if progress != nil && had > 0 {
		progress(-had)
	}
	_, err := to.Seek(0, io.SeekStart)
	return err
}

func copyTo(to Target, answer *http.Response, progress func(int64)) error {
	defer answer.Body.Close()
	var from io.Reader = answer.Body
	if progress != nil {
		from = io.TeeReader(from, counter(progress))
	}
	_, err := io.Copy(struct{ io.Writer }{to}, from)
	return err
}

type counter func(int64)

func (c counter) Write(p []byte) (int, error) {
	c(int64(len(p)))
	return len(p), nil
}
