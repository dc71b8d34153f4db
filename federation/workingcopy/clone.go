package workingcopy

import (
	"context"
	"errors"
	"io/fs"
	"os"

	"github.com/cairngeo/cairn"
	"github.com/cairngeo/cairn/federation/client"
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
	switch left, err := os.ReadDir(dir); {
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return nil, err
	case len(left) > 0:
		return resumeClone(ctx, tag, dir, o)
	}
	c, err := Create(ctx, dir, o)
	if err != nil {
		return nil, err
	}
	if err := c.SetTag(tag); err != nil {
		return nil, errors.Join(err, c.Close())
	}
	return c, nil
}

// resumeClone opens a folder in which a clone of the same dataset did not come
// to its end.
func resumeClone(ctx context.Context, tag client.Tag, dir string, o Options) (*Copy, error) {
	taken := cairn.Errorf(cairn.Invalid, "The folder %s is not empty. Name one that is, or one that does not exist.", dir)
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
