package main

import (
	"context"
	"fmt"

	registry "github.com/cairngeo/cairn/federation/client"
	"github.com/cairngeo/cairn/federation/workingcopy"
)

type shareCommand struct {
	transferFlags
	Files []string `arg:"" help:"Files, and folders with all that is in them."`
	Name  string   `env:"-" help:"Name of the dataset, if this makes it."`
	Tag   string   `short:"t" env:"-" placeholder:"ORG/DATASET" help:"Dataset to add them to; it is made if it does not exist. If not given, a new one of your own."`
}

// Help is the part of --help that says more.
func (shareCommand) Help() string {
	return "A dataset that this makes is public: who has the address sees it. The files appear in it all at once, when the last one has arrived."
}

func (c shareCommand) Run(ctx context.Context) error {
	done, err := c.share(ctx)
	return c.finish(err, done, func() {
		c.warn(done.Skipped)
		fmt.Println(done.URL)
	})
}

func (c shareCommand) share(ctx context.Context) (done workingcopy.Shared, err error) {
	s, err := c.session()
	if err != nil {
		return done, err
	}
	var tag registry.Tag
	if c.Tag == "" {
		tag.Server, err = s.server()
		err = usage(err)
	} else {
		tag, err = s.tag(c.Tag)
	}
	if err != nil {
		return done, err
	}
	watch := c.progress()
	defer watch.end()
	err = s.with(ctx, tag.Server, func(to *registry.Client) (err error) {
		done, err = workingcopy.Share(ctx, to, tag.Dataset, c.Name, c.Dir, c.Files, c.options(watch))
		return err
	})
	return done, err
}
