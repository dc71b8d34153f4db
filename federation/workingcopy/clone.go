package workingcopy

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/cairngeo/cairn"
	"github.com/cairngeo/cairn/federation/client"
	"github.com/cairngeo/cairn/ingest/index"
)

// Clone makes dir, which must not exist or be empty, a working copy of a
// dataset. One that was interrupted goes on where it was.
func Clone(ctx context.Context, from *client.Client, tag client.Tag, dir string, o Options) (done Pulled, err error) {
	if _, err := remoteStamp(ctx, from, tag.Dataset); err != nil {
		return done, err // before there is a folder
	}
	c, err := cloneFolder(ctx, tag, dir, o)
	if err != nil {
		return done, err
	}
	defer func() { err = errors.Join(err, c.Close()) }()
	return c.Pull(ctx, from, tag, Neither)
}

func cloneFolder(ctx context.Context, tag client.Tag, dir string, o Options) (*Copy, error) {
	left, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	_, err = os.Lstat(filepath.Join(dir, index.Name))
	if err == nil || slices.ContainsFunc(left, func(e fs.DirEntry) bool { return e.Name() != folder }) {
		return resumeClone(ctx, tag, dir, o)
	}
	return create(ctx, dir, o, func(c *Copy) error {
		own, tagged, err := c.Tag()
		if err != nil || tagged && own != tag {
			return errors.Join(err, notEmpty(dir))
		}
		return c.SetTag(tag) // before the index: what has one can be gone on with
	})
}

func notEmpty(dir string) *cairn.Error {
	return cairn.Errorf(cairn.Invalid, "The folder %s is not empty. Name one that is, or one that does not exist.", dir)
}

// resumeClone opens a folder in which a clone of the same dataset did not come
// to its end.
func resumeClone(ctx context.Context, tag client.Tag, dir string, o Options) (*Copy, error) {
	taken := notEmpty(dir)
	c, err := Open(ctx, dir, o)
	switch {
	case cairn.CodeOf(err) == cairn.Unavailable: // another cairn clones into it
		return nil, err
	case err != nil:
		return nil, taken.Because(err)
	}
	own, tagged, err := c.Tag()
	if err == nil && (!tagged || own != tag) {
		err = taken
	}
	if err == nil {
		var last lastSync
		if last, err = c.lastSync(tag); err == nil && last.known {
			err = cairn.Errorf(cairn.Invalid, "%s is a whole clone of %s already. Pull into it.", dir, tag)
		}
	}
	if err != nil {
		return nil, errors.Join(err, c.Close())
	}
	return c, nil
}
