package workingcopy

import (
	"context"
	"encoding/hex"
	"fmt"
	"path"

	"github.com/cairngeo/cairn"
	"github.com/cairngeo/cairn/catalog"
	"github.com/cairngeo/cairn/federation/client"
	"github.com/cairngeo/cairn/federation/stamp"
)

// Stamp is the state of the index; Refresh brings that up to the files.
func (c *Copy) Stamp(ctx context.Context) (stamp.Stamp, error) {
	var entries []stamp.Entry
	for e, err := range c.index.List(ctx) {
		if err != nil {
			return stamp.Stamp{}, err
		}
		entries = append(entries, stamp.Entry{Path: e.Path, Hash: e.Hash})
	}
	var ids []string
	for r, err := range c.index.Records(ctx) {
		if err != nil {
			return stamp.Stamp{}, err
		}
		ids = append(ids, r.ID)
	}
	return stamp.New(entries, ids), nil
}

// remoteStamp returns the state of the dataset, if a folder can have it.
func remoteStamp(ctx context.Context, from *client.Client, d client.Dataset) (stamp.Stamp, error) {
	s, err := from.Stamp(ctx, d)
	if err != nil {
		return s, err
	}
	refuse := func(why string) (stamp.Stamp, error) {
		return s, cairn.Errorf(cairn.Invalid, "No folder can be like %s on %s: %s. Nothing was changed.", d, from.Server(), why)
	}
	files := map[string]bool{}
	for _, e := range s.Entries { // in an order in which folders come before what is in them
		if e.Path == "" && e.Folder() {
			continue // the dataset itself
		}
		if clean, err := catalog.CleanPath(e.Path); err != nil || clean != e.Path {
			return refuse(fmt.Sprintf("it has an entry %.300q", e.Path))
		}
		if !e.Folder() && !isHash(e.Hash) {
			return refuse(fmt.Sprintf("the hash of %q is none", e.Path))
		}
		for above := path.Dir(e.Path); above != "."; above = path.Dir(above) {
			if files[above] {
				return refuse(fmt.Sprintf("%q is a file and has entries below it", above))
			}
		}
		files[e.Path] = !e.Folder()
	}
	return s, nil
}

// isHash tells whether the text is a SHA-256 in lower-case hex: it names files.
func isHash(text string) bool {
	sum, err := hex.DecodeString(text)
	return err == nil && len(sum) == 32 && hex.EncodeToString(sum) == text
}
