package client

import (
	"context"
	"encoding/json"
	"net/http"

	"github.com/cairngeo/cairn"
	"github.com/cairngeo/cairn/federation/stamp"
)

// Push is one that was begun: what the server needs before it can be committed.
type Push struct {
	PullRequired bool     `json:"pullRequired"` // the server's dataset has changes that the caller lacks; nothing was begun
	NeededFiles  []string `json:"neededFiles"`
	NeededMeta   []string `json:"neededMeta"`
	Token        string   `json:"token"`
}

// PushInit begins a push of s. The checksum is that of the state in which both
// sides were equal last. A dataset that does not exist is made at the commit.
func (c *Client) PushInit(ctx context.Context, d Dataset, checksum string, s stamp.Stamp) (Push, error) {
	text, err := json.Marshal(s)
	if err != nil {
		return Push{}, err
	}
	var p Push
	err = c.ask(ctx, call{method: http.MethodPost, path: d.path() + "/push/init", body: form("checksum", checksum, "stamp", string(text))}, &p)
	if err == nil && !p.PullRequired && p.Token == "" {
		err = cairn.Errorf(cairn.Internal, "The server %s began a push without a token; it can't be used.", c.server)
	}
	return p, err
}

// PushMeta sends records that the push needs.
func (c *Client) PushMeta(ctx context.Context, d Dataset, token string, records []Meta) error {
	text, err := json.Marshal(records)
	if err != nil {
		return err
	}
	return c.ask(ctx, call{method: http.MethodPost, path: d.path() + "/push/meta", body: form("meta", string(text), "token", token)}, nil)
}

// PushUpload sends a file that the push needs. Sending it again replaces it.
func (c *Client) PushUpload(ctx context.Context, d Dataset, token, path string, f File) error {
	content, err := multipartOf("file", f, "path", path, "token", token)
	if err != nil {
		return err
	}
	return c.ask(ctx, call{method: http.MethodPost, path: d.path() + "/push/upload", body: content}, nil)
}

// PushCommit makes the dataset equal to the pushed stamp. It is not repeated:
// after Unavailable the stamp tells whether it happened.
func (c *Client) PushCommit(ctx context.Context, d Dataset, token string) error {
	return c.askOnce(ctx, call{method: http.MethodPost, path: d.path() + "/push/commit", body: form("token", token)}, nil)
}
