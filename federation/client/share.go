package client

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/cairngeo/cairn"
)

// ShareInit begins a share into the dataset, or, with the zero Dataset, into a
// new one of the caller's.
func (c *Client) ShareInit(ctx context.Context, d Dataset, name string) (token string, err error) {
	fields := []string{"tag", "", "password", ""}
	if d != (Dataset{}) {
		fields[1] = d.String()
	}
	if name != "" {
		fields = append(fields, "datasetName", name)
	}
	var share struct {
		Token string `json:"token"`
	}
	err = c.askOnce(ctx, call{method: http.MethodPost, path: "/share/init", body: form(fields...)}, &share)
	if err == nil && share.Token == "" {
		err = cairn.Errorf(cairn.Internal, "The server %s began a share without a token; it can't be used.", c.server)
	}
	return share.Token, err
}

// Shared is a file as the server received it.
type Shared struct {
	Path string `json:"path"`
	Hash string `json:"hash"`
	Size int64  `json:"size"`
}

// ShareUpload sends a file. Existing servers refuse a path that they had
// before; Cairn replaces it.
func (c *Client) ShareUpload(ctx context.Context, token, path string, f File) (s Shared, err error) {
	content, err := multipartOf("file", f, "path", path)
	if err != nil {
		return s, err
	}
	err = c.ask(ctx, call{method: http.MethodPost, path: "/share/upload/" + url.PathEscape(token), body: content}, &s)
	return s, err
}

// Chunk is a part of a file that comes in several.
type Chunk struct {
	FileID    string // the caller's choice: letters, digits, - and _
	Index, Of int    // from 0
	FileSize  int64  // of the whole file
}

// ShareUploadChunk sends a part of a file, in any order; f is the part alone.
// Done tells that the file is complete. Servers other than Cairn only
// understand files of one chunk.
func (c *Client) ShareUploadChunk(ctx context.Context, token, path string, chunk Chunk, f File) (s Shared, done bool, err error) {
	content, err := multipartOf("chunk", f, "fileId", chunk.FileID, "chunkIndex", strconv.Itoa(chunk.Index), "totalChunks", strconv.Itoa(chunk.Of),
		"totalFileSize", strconv.FormatInt(chunk.FileSize, 10), "fileName", f.Name, "path", path)
	if err != nil {
		return s, false, err
	}
	var answer struct {
		Shared
		IsComplete *bool `json:"isComplete"`
	}
	err = c.ask(ctx, call{method: http.MethodPost, path: "/share/upload-chunk/" + url.PathEscape(token), body: content}, &answer)
	return answer.Shared, err == nil && (answer.IsComplete == nil || *answer.IsComplete), err
}

// ShareCommit publishes what was shared and returns the address of its page
// and the dataset. It is not repeated.
func (c *Client) ShareCommit(ctx context.Context, token string) (page string, d Dataset, err error) {
	var shared struct {
		URL string `json:"url"`
		Tag string `json:"tag"`
	}
	if err := c.askOnce(ctx, call{method: http.MethodPost, path: "/share/commit/" + url.PathEscape(token), body: form()}, &shared); err != nil {
		return "", d, err
	}
	page = shared.URL
	if strings.HasPrefix(page, "/") {
		page = c.server + page
	}
	if tag, err := ParseTag(shared.Tag, c.server); err == nil {
		d = tag.Dataset
	}
	return printable(page), d, nil
}

// ShareRollback takes back what was not committed. Existing servers delete the
// whole dataset then, even one that was there before: call it on a Cairn only.
func (c *Client) ShareRollback(ctx context.Context, token string) error {
	return c.ask(ctx, call{method: http.MethodPost, path: "/share/rollback/" + url.PathEscape(token), body: form()}, nil)
}
