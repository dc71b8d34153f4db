package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/cairngeo/cairn"
	registry "github.com/cairngeo/cairn/federation/client"
	"github.com/cairngeo/cairn/federation/workingcopy"
)

type pushCommand struct {
	transferFlags
	Remote string `arg:"" optional:"" help:"Dataset to push to: org/dataset, perhaps with a server before it; or another server that has the folder's dataset. If not given, the folder's own."`
	Tag    string `env:"-" placeholder:"ORG/DATASET" help:"Dataset that the folder belongs to from now on."`
}

// Help is the part of --help that says more.
func (pushCommand) Help() string {
	return "New, changed and removed files are found first, so that one command brings everything to the dataset; it is made if it does not exist. A folder that belongs to no dataset yet belongs to the named one from then on. What an interrupted push has sent is not sent again."
}

// pushed is the JSON object of a push.
type pushed struct {
	Tag string `json:"tag"`
	workingcopy.Pushed
}

func (p pushCommand) Run(ctx context.Context) error {
	done, err := p.push(ctx)
	return p.finish(err, done, func() { done.say(p) })
}

func (p pushed) say(c pushCommand) {
	c.warn(p.Skipped)
	switch {
	case !p.Pushed.Pushed:
		fmt.Printf("%s has everything already.\n", p.Tag)
	case p.New:
		fmt.Printf("Pushed %s (%s) to the new dataset %s.\n", count(p.Uploaded, "file"), megabytes(p.Bytes), p.Tag)
	default:
		fmt.Printf("Pushed to %s: %s sent (%s).\n", p.Tag, count(p.Uploaded, "file"), megabytes(p.Bytes))
	}
}

func (p pushCommand) push(ctx context.Context) (done pushed, err error) {
	s, err := p.session()
	if err != nil {
		return done, err
	}
	watch := p.progress()
	defer watch.end()
	c, err := p.openOrCreate(ctx, watch)
	if err != nil {
		return done, err
	}
	defer func() { err = errors.Join(err, c.Close()) }()
	tag, err := p.tag(s, c)
	if err != nil {
		return done, err
	}
	done.Tag = tag.String()
	err = s.with(ctx, tag.Server, func(to *registry.Client) (err error) {
		done.Pushed, err = c.Push(ctx, to, tag)
		return err
	})
	return done, err
}

// openOrCreate opens the working copy, or makes the folder one if the command
// says to which dataset it belongs.
func (p pushCommand) openOrCreate(ctx context.Context, watch *progressLine) (*workingcopy.Copy, error) {
	c, err := p.open(ctx, watch)
	if cairn.CodeOf(err) == cairn.NotFound && (p.Tag != "" || strings.Contains(p.Remote, "/")) {
		return workingcopy.Create(ctx, p.Dir, p.options(watch))
	}
	if cairn.CodeOf(err) == cairn.NotFound {
		return nil, usage(cairn.Errorf(cairn.Invalid, "%s belongs to no dataset yet. Say to which one: cairn push organization/dataset", p.Dir))
	}
	return c, err
}

// tag is the dataset to push to. A folder without one gets it.
func (p pushCommand) tag(s *session, c *workingcopy.Copy) (registry.Tag, error) {
	own, tagged, err := c.Tag()
	if err != nil {
		return own, err
	}
	if p.Tag != "" {
		named, err := s.tag(p.Tag)
		if err == nil {
			err = p.whole(c, named, own)
		}
		if err != nil {
			return own, err
		}
		own = named
		if err := c.SetTag(own); err != nil {
			return own, err
		}
		tagged = true
	}
	to, err := s.remote(p.Remote, own, tagged)
	if err == nil {
		err = p.whole(c, to, own)
	}
	if err != nil || to == own {
		return to, err
	}
	if tagged { // a dataset to which nothing came yet was a mistake
		if tagged, err = c.Synced(own); err != nil {
			return to, err
		}
	}
	if !tagged {
		err = c.SetTag(to)
	}
	return to, err
}

// whole makes sure that who names another dataset in a folder of a working copy
// does not push all that is around the folder.
func (p pushCommand) whole(c *workingcopy.Copy, to, own registry.Tag) error {
	here, err := filepath.Abs(p.Dir)
	if err != nil || here == c.Dir() || to.Dataset == own.Dataset {
		return err
	}
	return usage(cairn.Errorf(cairn.Invalid, "%s is a part of the working copy %s, all of which would be pushed to %s. If you want that, do it there; else move the folder out of it.", here, c.Dir(), to))
}

// remote is the dataset that a person named in place of the folder's own: as a
// tag, or by another server alone.
func (s *session) remote(text string, own registry.Tag, tagged bool) (registry.Tag, error) {
	if text == "" {
		if !tagged {
			return own, usage(cairn.Errorf(cairn.Invalid, "This folder belongs to no dataset yet. Say to which one: organization/dataset"))
		}
		return own, nil
	}
	_, address, hasScheme := strings.Cut(text, "://")
	if !hasScheme {
		address = text
	}
	if !tagged || strings.Contains(strings.Trim(address, "/"), "/") {
		return s.tag(text)
	}
	server, err := registry.ParseServer(text)
	return registry.Tag{Server: server, Dataset: own.Dataset}, usage(err)
}
