package workingcopy

import (
	"context"
	"io"
	"path"

	"github.com/cairngeo/cairn"
	"github.com/cairngeo/cairn/catalog"
	"github.com/cairngeo/cairn/federation/client"
	"github.com/cairngeo/cairn/federation/stamp"
	"golang.org/x/sync/errgroup"
)

// Pushed is what a push did.
type Pushed struct {
	Changes         // of the folder since it and the dataset were the same
	New      bool   `json:"new"`    // the dataset did not exist before
	Pushed   bool   `json:"pushed"` // false if there was nothing to do
	Uploaded int    `json:"uploaded"`
	Bytes    int64  `json:"bytes"`
	Checksum string `json:"checksum"` // of the dataset
}

// Push makes the dataset equal to the folder. If it has changes that the folder
// lacks, the error is a Conflict, and nothing was done.
func (c *Copy) Push(ctx context.Context, to *client.Client, tag client.Tag) (done Pushed, err error) {
	if done.Changes, err = c.Refresh(ctx); err != nil {
		return done, err
	}
	ours, err := c.Stamp(ctx)
	if err != nil {
		return done, err
	}
	done.Checksum = ours.Checksum
	base, err := c.lastSync(tag)
	if err != nil {
		return done, err
	}
	done.compare(base.Stamp, ours)
	checksum := base.Checksum
	if !base.known { // existing servers want one
		checksum = ours.Checksum
	}
	exists, err := to.Exists(ctx, tag.Dataset)
	if err != nil {
		return done, err
	}
	done.New = !exists
	push, err := to.PushInit(ctx, tag.Dataset, checksum, ours)
	if err != nil {
		return done, err
	}
	if push.PullRequired {
		return done, c.heal(ctx, to, tag, ours)
	}
	done.Pushed = !exists || !base.known || !base.Same(ours)
	if err := c.send(ctx, to, tag, push, ours, &done); err != nil {
		return done, err
	}
	return done, c.setLastSync(tag, ours)
}

// compare finds what was changed, also if that was in the index already: an
// earlier push may have failed, or another client have indexed it.
func (p *Pushed) compare(base, ours stamp.Stamp) {
	before, now := sides(base), sides(ours)
	p.Added, p.Changed, p.Removed = []string{}, []string{}, []string{}
	for _, e := range ours.Entries {
		switch was := before[e.Path]; {
		case !was.there:
			p.Added = append(p.Added, e.Path)
		case was != now[e.Path]:
			p.Changed = append(p.Changed, e.Path)
		}
	}
	for _, e := range base.Entries {
		if !now[e.Path].there {
			p.Removed = append(p.Removed, e.Path)
		}
	}
}

// heal is for a commit whose answer was lost: the dataset is as the folder is,
// and only the folder does not know.
func (c *Copy) heal(ctx context.Context, to *client.Client, tag client.Tag, ours stamp.Stamp) error {
	theirs, err := to.Stamp(ctx, tag.Dataset)
	if err != nil {
		return err
	}
	if !theirs.Same(ours) {
		return cairn.Errorf(cairn.Conflict, "%s has changes that this folder lacks. Pull first, then push again.", tag)
	}
	return c.setLastSync(tag, theirs)
}

func (c *Copy) send(ctx context.Context, to *client.Client, tag client.Tag, push client.Push, ours stamp.Stamp, done *Pushed) error {
	if err := c.sendRecords(ctx, to, tag.Dataset, push); err != nil {
		return err
	}
	var sent tally
	err := c.sendFiles(ctx, to, tag.Dataset, push, &sent)
	done.Uploaded, done.Bytes = int(sent.files.Load()), sent.bytes.Load()
	if err != nil {
		return err
	}
	err = to.PushCommit(ctx, tag.Dataset, push.Token)
	if cairn.CodeOf(err) == cairn.Unavailable { // perhaps only the answer was lost
		if theirs, asked := to.Stamp(ctx, tag.Dataset); asked == nil && theirs.Same(ours) {
			return nil
		}
	}
	return err
}

func (c *Copy) sendRecords(ctx context.Context, to *client.Client, d client.Dataset, push client.Push) error {
	if len(push.NeededMeta) == 0 {
		return nil
	}
	needed := map[string]bool{}
	for _, id := range push.NeededMeta {
		needed[id] = true
	}
	var records []client.Meta
	for r, err := range c.index.Records(ctx) {
		if err != nil {
			return err
		}
		if needed[r.ID] {
			records = append(records, client.Meta{ID: r.ID, Path: r.Path, Key: r.Key, Data: string(r.Data), MTime: float64(r.MTime)})
		}
	}
	return to.PushMeta(ctx, d, push.Token, records)
}

// sendFiles sends what the server asks for, as long as it is in the index.
func (c *Copy) sendFiles(ctx context.Context, to *client.Client, d client.Dataset, push client.Push, sent *tally) error {
	known, err := c.entries(ctx)
	if err != nil {
		return err
	}
	var size int64
	for _, p := range push.NeededFiles {
		e := known[p]
		if isFolder(e) {
			return cairn.Errorf(cairn.Invalid, "The server %s asks for %.300q, which it was not offered. Nothing was changed.", to.Server(), p)
		}
		size += e.Size
	}
	if len(push.NeededFiles) == 0 {
		return nil
	}
	c.options.Progress.Begin("Uploading", len(push.NeededFiles), size)
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(c.options.Parallel)
	for _, p := range push.NeededFiles {
		group.Go(func() error {
			defer c.options.Progress.File()
			err := to.PushUpload(ctx, d, push.Token, p, c.upload(known[p], sent))
			if err == nil {
				sent.files.Add(1)
			}
			return err
		})
	}
	return group.Wait()
}

// upload is a file of the folder as the index knows it.
func (c *Copy) upload(e catalog.Entry, sent *tally) client.File {
	return client.File{Name: path.Base(e.Path), Size: e.Size, Progress: func(n int64) {
		sent.bytes.Add(n)
		c.options.Progress.Bytes(n)
	}, Open: func() (io.ReadCloser, error) { return c.openFile(e.Path) }}
}
