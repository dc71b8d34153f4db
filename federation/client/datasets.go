package client

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"github.com/cairngeo/cairn"
	"github.com/cairngeo/cairn/federation/stamp"
)

// Organization is one that the caller may see.
type Organization struct {
	Slug        string `json:"slug"`
	Name        string `json:"name"`
	Description string `json:"description"`
	IsPublic    bool   `json:"isPublic"`
}

// Info is a dataset of an organization, or an answer about one.
type Info struct {
	Slug         string    `json:"slug"`
	CreationDate time.Time `json:"creationDate"`
	Size         int64     `json:"size"`
	Properties   struct {
		Entries int                        `json:"entries"`
		Meta    map[string]json.RawMessage `json:"meta"`
	} `json:"properties"`
}

// Name is the dataset's display name, empty if it has none.
func (i Info) Name() string {
	var record struct {
		Data string `json:"data"`
	}
	if json.Unmarshal(i.Properties.Meta["name"], &record) != nil {
		return ""
	}
	return record.Data
}

// Organizations lists those of the caller, or the public ones if the caller is
// nobody.
func (c *Client) Organizations(ctx context.Context) (list []Organization, err error) {
	err = c.ask(ctx, call{method: http.MethodGet, path: "/orgs"}, &list)
	if cairn.CodeOf(err) == cairn.Unauthenticated {
		err = c.ask(ctx, call{method: http.MethodGet, path: "/orgs/public"}, &list)
	}
	return list, err
}

// Datasets lists those of an organization that the caller may see.
func (c *Client) Datasets(ctx context.Context, org string) (list []Info, err error) {
	if !slug.MatchString(org) {
		return nil, cairn.Errorf(cairn.Invalid, "%q can't be the name of an organization.", org)
	}
	err = c.ask(ctx, call{method: http.MethodGet, path: "/orgs/" + org + "/ds"}, &list)
	return list, err
}

// Exists tells whether the dataset does. Who may not know gets an error.
func (c *Client) Exists(ctx context.Context, d Dataset) (bool, error) {
	_, err := c.Info(ctx, d)
	if cairn.CodeOf(err) == cairn.NotFound {
		return false, nil
	}
	return err == nil, err
}

// Info describes a dataset.
func (c *Client) Info(ctx context.Context, d Dataset) (Info, error) {
	var entry []Info // of which the dataset is the only one
	if err := c.ask(ctx, call{method: http.MethodGet, path: d.path()}, &entry); err != nil {
		return Info{}, err
	}
	if len(entry) == 0 {
		return Info{}, cairn.Errorf(cairn.Internal, "The answer of %s about %s is empty.", c.server, d)
	}
	entry[0].Slug = d.Slug
	return entry[0], nil
}

// Stamp returns the state of the dataset. Paths and hashes are as the server
// claims; who uses them as names of files checks them.
func (c *Client) Stamp(ctx context.Context, d Dataset) (s stamp.Stamp, err error) {
	err = c.ask(ctx, call{method: http.MethodGet, path: d.path() + "/stamp"}, &s)
	return s, err
}

// Meta is a record of metadata as servers exchange it.
type Meta struct {
	ID    string  `json:"id"`
	Path  string  `json:"path"` // empty for the dataset itself
	Key   string  `json:"key"`
	Data  string  `json:"data"`  // JSON text, as it was written
	MTime float64 `json:"mtime"` // Unix seconds
}

// MetaDump returns the records with the ids, or all if none are given. Ids that
// the server does not know are left out.
func (c *Client) MetaDump(ctx context.Context, d Dataset, ids ...string) (list []Meta, err error) {
	what := call{method: http.MethodPost, path: d.path() + "/meta/dump", body: form()}
	if len(ids) > 0 {
		text, err := json.Marshal(ids)
		if err != nil {
			return nil, err
		}
		what.body = form("ids", string(text))
	}
	err = c.ask(ctx, what, &list)
	return list, err
}
