package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	registry "github.com/cairngeo/cairn/federation/client"
	"github.com/cairngeo/cairn/federation/workingcopy"
)

type pullCommand struct {
	transferFlags
	Remote     string `arg:"" optional:"" help:"Dataset to pull from, in place of the folder's own: org/dataset, perhaps with a server before it; or another server."`
	KeepTheirs bool   `short:"t" env:"-" xor:"keep" help:"Where both sides changed, take the dataset's; what you changed there is lost."`
	KeepOurs   bool   `short:"o" env:"-" xor:"keep" help:"Where both sides changed, leave the folder's; the next push brings it to the dataset."`
}

// Help is the part of --help that says more.
func (pullCommand) Help() string {
	return "Files that you changed stay as they are. If the dataset has changes of the same files nothing is done, unless you say which side to keep. What an interrupted pull has fetched is not fetched again."
}

// pulled is the JSON object of a pull and a clone.
type pulled struct {
	Tag    string `json:"tag"`
	Folder string `json:"folder"`
	workingcopy.Pulled
}

func (p pullCommand) Run(ctx context.Context) error {
	done, err := p.pull(ctx)
	return p.finish(err, done, func() {
		p.warn(done.Skipped)
		if done.Kept != "" {
			fmt.Fprintf(os.Stderr, "Another client noted when the folder and the dataset were the same, so it is not sure that the dataset had everything. What was replaced or removed is in %s.\n", filepath.Join(done.Folder, done.Kept))
		}
		switch {
		case done.Written+done.Removed+done.Metadata == 0:
			fmt.Printf("%s has nothing new.\n", done.Tag)
			return
		case done.Written+done.Removed == 0:
			fmt.Printf("Pulled from %s: metadata alone.\n", done.Tag)
			return
		}
		fmt.Printf("Pulled from %s: %d written, %d removed, %s fetched (%s).\n", done.Tag, done.Written, done.Removed, count(done.Downloaded, "file"), megabytes(done.Bytes))
	})
}

func (p pullCommand) keep() workingcopy.Keep {
	switch {
	case p.KeepTheirs:
		return workingcopy.Theirs
	case p.KeepOurs:
		return workingcopy.Ours
	}
	return workingcopy.Neither
}

func (p pullCommand) pull(ctx context.Context) (done pulled, err error) {
	s, err := p.session()
	if err != nil {
		return done, err
	}
	watch := p.progress()
	defer watch.end()
	c, err := p.open(ctx, watch)
	if err != nil {
		return done, err
	}
	defer func() { err = errors.Join(err, c.Close()) }()
	own, tagged, err := c.Tag()
	if err != nil {
		return done, err
	}
	tag, err := s.remote(p.Remote, own, tagged)
	if err != nil {
		return done, err
	}
	done.Tag, done.Folder = tag.String(), c.Dir()
	err = s.with(ctx, tag.Server, func(from *registry.Client) (err error) {
		done.Pulled, err = c.Pull(ctx, from, tag, p.keep())
		return err
	})
	return done, err
}
