package workingcopy

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/cairngeo/cairn"
	"github.com/cairngeo/cairn/federation/client"
	"github.com/cairngeo/cairn/federation/stamp"
	"github.com/cairngeo/cairn/ingest/index"
)

// tally counts what went over the network.
type tally struct {
	files atomic.Int64
	bytes atomic.Int64
}

// Pulled is what a pull did.
type Pulled struct {
	Written    int       `json:"written"` // files and folders
	Removed    int       `json:"removed"`
	Downloaded int       `json:"downloaded"` // files that came over the network
	Bytes      int64     `json:"bytes"`
	Metadata   int       `json:"metadata"` // records that came or went
	Skipped    []Skipped `json:"skipped"`
	Kept       string    `json:"kept,omitempty"` // folder with what was replaced or removed, when it is not sure that the dataset had it
	Checksum   string    `json:"checksum"`       // of the dataset
}

// Conflicts is the error of a pull that changed nothing, because both sides
// changed the same.
type Conflicts struct {
	List []Conflict
}

func (c *Conflicts) Error() string {
	return fmt.Sprintf("%d changed here and in the dataset. Nothing was done; say which side to keep.", len(c.List))
}

// Unwrap gives the error its code.
func (c *Conflicts) Unwrap() error { return &cairn.Error{Code: cairn.Conflict, Message: c.Error()} }

// Pull brings what was changed in the dataset since the last push or pull to
// the folder. What was changed here stays; if both sides changed the same,
// keep says whose change stays, and without that nothing is done.
func (c *Copy) Pull(ctx context.Context, from *client.Client, tag client.Tag, keep Keep) (Pulled, error) {
	theirs, err := remoteStamp(ctx, from, tag.Dataset)
	if err != nil {
		return Pulled{}, err
	}
	changes, err := c.Refresh(ctx)
	if err != nil {
		return Pulled{}, err
	}
	return c.pull(ctx, from, tag, theirs, keep, changes.Skipped)
}

func (c *Copy) pull(ctx context.Context, from *client.Client, tag client.Tag, theirs stamp.Stamp, keep Keep, skipped []Skipped) (done Pulled, err error) {
	done.Checksum, done.Skipped = theirs.Checksum, skipped
	base, err := c.lastSync(tag)
	if err != nil {
		return done, err
	}
	if !base.sure && !shareFiles(base.Stamp, theirs) {
		base = lastSync{} // the folder was never this dataset
	}
	if n := files(base.Stamp); n > 0 && files(theirs) == 0 { // made anew, or restored: nobody wants that here unasked
		switch keep {
		case Neither:
			return done, cairn.Errorf(cairn.Conflict, "%s has no files any more, but had %d. Nothing was done; say which side to keep: theirs removes the files here, ours leaves them for the next push.", tag, n)
		case Ours:
			base = lastSync{sure: true}
		}
	}
	p, err := c.planWell(ctx, base.Stamp, theirs, keep)
	if err != nil {
		return done, err
	}
	records, conflicts, err := c.mergeRecords(ctx, from, tag.Dataset, base.Stamp, theirs, keep)
	if err != nil {
		return done, err
	}
	if conflicts = append(p.conflicts, conflicts...); len(conflicts) > 0 {
		return done, &Conflicts{conflicts}
	}
	if err := p.blocked(skipped); err != nil {
		return done, err
	}
	known, err := c.entries(ctx)
	if err != nil {
		return done, err
	}
	arrivals := c.newArrivals(from, tag.Dataset, p.puts, known)
	if done.Downloaded, done.Bytes, err = arrivals.fetch(ctx); err != nil {
		return done, err
	}
	ch := &changing{copy: c, known: known, arrivals: arrivals}
	if base.known && !base.sure {
		ch.attic = time.Now().Format(folder + "/replaced/20060102-150405")
	}
	err = ch.apply(ctx, p)
	done.Written, done.Removed, done.Kept = len(ch.put), len(ch.removed), ch.kept
	err = errors.Join(err, c.index.Update(context.WithoutCancel(ctx), func(tx *index.Tx) error {
		if err != nil {
			return ch.write(tx) // the metadata comes with the rest
		}
		return errors.Join(ch.write(tx), records.write(tx))
	}))
	if err != nil {
		return done, err
	}
	done.Metadata = len(records.puts) + len(records.removes)
	return done, errors.Join(c.setLastSync(tag, theirs), c.sweep())
}

// planWell merges. The files that would go it reads first: what was changed in
// them must not be lost, though their times say that nothing was.
func (c *Copy) planWell(ctx context.Context, base, theirs stamp.Stamp, keep Keep) (plan, error) {
	for doubted := map[string]bool{}; ; {
		ours, err := c.Stamp(ctx)
		if err != nil {
			return plan{}, err
		}
		p := merge(base, ours, theirs, keep)
		known, before := sides(ours), len(doubted)
		for _, e := range slices.Concat(p.removes, p.puts) {
			if our := known[e.Path]; our.there && !our.Folder() {
				doubted[e.Path] = true
			}
		}
		if len(doubted) == before {
			return p, nil
		}
		if _, err := c.refresh(ctx, doubted); err != nil {
			return plan{}, err
		}
	}
}

// files is how many files it has.
func files(s stamp.Stamp) (n int) {
	for _, e := range s.Entries {
		if !e.Folder() {
			n++
		}
	}
	return n
}

// shareFiles tells whether the two have a file in common.
func shareFiles(a, b stamp.Stamp) bool {
	known := sides(a)
	return slices.ContainsFunc(b.Entries, func(e stamp.Entry) bool { return !e.Folder() && known[e.Path].Entry == e })
}

// sweep removes what interrupted work left in the scratch folder.
func (c *Copy) sweep() error {
	left, err := fs.ReadDir(c.root.FS(), scratch)
	for _, f := range left {
		hash, _, _ := strings.Cut(f.Name(), ".")
		if isHash(hash) && f.Type().IsRegular() {
			err = errors.Join(err, c.root.Remove(scratch+"/"+f.Name()))
		}
	}
	return err
}
