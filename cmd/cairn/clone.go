package main

import (
	"context"
	"fmt"

	registry "github.com/cairngeo/cairn/federation/client"
	"github.com/cairngeo/cairn/federation/workingcopy"
)

type cloneCommand struct {
	transferFlags
	Tag    string `arg:"" help:"Dataset: org/dataset, perhaps with a server before it, or the address of its page."`
	Folder string `arg:"" optional:"" help:"Folder to make. If not given, it is called as the dataset."`
}

// Help is the part of --help that says more.
func (cloneCommand) Help() string {
	return "The same command again goes on with a clone that was interrupted."
}

func (c cloneCommand) Run(ctx context.Context) error {
	done, err := c.clone(ctx)
	return c.finish(err, done, func() {
		fmt.Printf("Cloned %s into %s: %s fetched (%s).\n", done.Tag, done.Folder, count(done.Downloaded, "file"), megabytes(done.Bytes))
	})
}

func (c cloneCommand) clone(ctx context.Context) (done pulled, err error) {
	s, err := c.session()
	if err != nil {
		return done, err
	}
	tag, err := s.tag(c.Tag)
	if err != nil {
		return done, err
	}
	folder := c.Folder
	if folder == "" {
		folder = tag.Slug
	}
	done.Tag, done.Folder = tag.String(), c.below(folder)
	watch := c.progress()
	defer watch.end()
	err = s.with(ctx, tag.Server, func(from *registry.Client) (err error) {
		done.Pulled, err = workingcopy.Clone(ctx, from, tag, done.Folder, c.options(watch))
		return err
	})
	return done, err
}
