package ingest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/cairngeo/cairn"
	"github.com/cairngeo/cairn/auth"
	"github.com/cairngeo/cairn/catalog"
	"github.com/cairngeo/cairn/catalog/blob"
)

// buildTool builds what maps and viewers need: of one entry, or of all that lack it.
type buildTool struct{ *Ingest }

type buildParams struct {
	Path  string `json:"path,omitempty" doc:"Entry to build; everything that is not built if absent" example:"ortho.tif"`
	Force bool   `json:"force,omitempty" doc:"Build again what is there"`
}

var aboutBuild = About{ID: catalog.BuildTool, Version: "1", Title: "Build", Access: auth.WriteDataset, Params: buildParams{}}

func (b *buildTool) About() About { return aboutBuild }

func (b *buildTool) Plan(ctx context.Context, r Request) (Plan, error) {
	var params buildParams
	if err := r.read(&params); err != nil {
		return Plan{}, err
	}
	path := cmp.Or(r.Path, params.Path)
	if path == "" {
		contents, err := b.catalog.Contents(ctx, r.Dataset)
		return Plan{Params: buildParams{}, Force: params.Force, Inputs: contents.Digest}, err
	}
	e, err := b.catalog.Entry(ctx, r.Dataset, path)
	if missing, ok := errors.AsType[*cairn.Error](err); ok && missing.Code == cairn.NotFound {
		return Plan{}, cairn.Errorf(cairn.Invalid, "%s", missing.Message)
	}
	if err != nil {
		return Plan{}, err
	}
	p, ok := b.Product(e)
	if !ok {
		return Plan{}, cairn.Errorf(cairn.Invalid, "Nothing is built from %q.", path)
	}
	return planBuild(e, p, params.Force), nil
}

// planBuild is the build of one entry.
func planBuild(e catalog.Entry, p catalog.Product, force bool) Plan {
	return Plan{Path: e.Path, Params: buildParams{Path: e.Path}, Force: force, Inputs: p.Key(), Product: &p, Hash: e.Hash}
}

func (b *buildTool) Run(ctx context.Context, run *Run) error {
	if run.Task.Product == nil {
		return b.buildAll(ctx, run)
	}
	return b.buildOne(ctx, run)
}

// buildOne builds a product and publishes its files.
func (b *buildTool) buildOne(ctx context.Context, run *Run) error {
	product, hash := *run.Task.Product, *run.Task.Hash
	states, err := b.catalog.ProductStates(ctx, []string{product})
	if err != nil {
		return err
	}
	kind := states[product].Kind
	maker, ok := builders[kind]
	if !ok {
		return cairn.Errorf(cairn.Invalid, "This version of Cairn can't build %q.", kind)
	}
	if _, err := b.store.Stat(ctx, blob.Key(hash)); cairn.CodeOf(err) == cairn.NotFound {
		return cairn.Errorf(cairn.Invalid, "The file was removed before it was built.").Because(err)
	} else if err != nil {
		return err
	}
	run.Log("Building %s of %s", kind, *run.Task.Path)
	run.Progress(0, "building")
	job := buildJob{Source: b.store.Location(blob.Key(hash)), Dir: run.Dir, Options: b.options.COGs}
	if _, err := maker.build.Call(ctx, b.options.Builds, job, func(percent float64) { run.Progress(percent, "building") }); err != nil {
		return err
	}
	if err := b.publish(ctx, product, kind, run.Dir); err != nil {
		return err
	}
	run.Log("Built")
	return nil
}

// publish moves the files into the store, each in the place of the one that a
// forced build betters.
func (b *buildTool) publish(ctx context.Context, product, kind, dir string) error {
	return filepath.WalkDir(dir, func(file string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		name, err := filepath.Rel(dir, file)
		if err != nil {
			return err
		}
		return b.store.Replace(ctx, catalog.ProductFile(product, kind+"/"+filepath.ToSlash(name)), file)
	})
}

// buildBatch is how many builds are asked for in one transaction.
const buildBatch = 100

// buildAll asks for the builds of all entries that lack them, and comes back
// until these have ended. After a crash it goes on where it was.
func (b *buildTool) buildAll(ctx context.Context, run *Run) error {
	children, err := b.catalog.Children(ctx, run.Task.ID)
	if err != nil {
		return err
	}
	if run.Task.Percent == nil { // not all were asked for yet
		missing, err := b.missing(ctx, run, children)
		if err != nil {
			return err
		}
		for batch := range slices.Chunk(missing, buildBatch) {
			if err := b.askFor(ctx, run, batch); err != nil {
				return err
			}
		}
		run.Log("Files to build: %d", len(children)+len(missing))
		run.Progress(0, "building")
		return again(0)
	}
	var over, failed int
	for _, state := range children {
		if catalog.TaskEnded(state) {
			over++
		}
		if state == catalog.TaskFailed {
			failed++
		}
	}
	switch {
	case over < len(children):
		run.Progress(100*float64(over)/float64(len(children)), fmt.Sprintf("%d of %d built", over, len(children)))
		return again(time.Second)
	case failed > 0:
		return cairn.Errorf(cairn.Invalid, "%d of %d files could not be built. Their own tasks say why.", failed, len(children))
	}
	return nil
}

// missing are the entries whose build was not asked for yet: without force
// only those whose product is not ready. What came after the task is not its business.
func (b *buildTool) missing(ctx context.Context, run *Run, asked map[string]string) (list []catalog.Entry, err error) {
	for kind := range kinds {
		entries, err := b.catalog.Search(ctx, run.Dataset(), "", "*", true, &kind)
		if err != nil {
			return nil, err
		}
		keys := make([]string, len(entries))
		for i, e := range entries {
			p, _ := b.Product(e)
			keys[i] = p.Key()
		}
		states, err := b.catalog.ProductStates(ctx, keys)
		if err != nil {
			return nil, err
		}
		for i, e := range entries {
			ready := states[keys[i]].State == catalog.ProductReady && !run.Task.Force
			if _, done := asked[e.Path]; !done && !ready && e.MTime <= run.Task.CreatedAt.Unix() {
				list = append(list, e)
			}
		}
	}
	return list, nil
}

// askFor adds the builds of entries as tasks of their own, unless the task was cancelled meanwhile.
func (b *buildTool) askFor(ctx context.Context, run *Run, entries []catalog.Entry) error {
	return b.catalog.Update(ctx, func(tx catalog.Tx) error {
		if active, err := tx.AddsChildren(ctx, run.Task.ID); err != nil || !active {
			return cmp.Or(err, errUnawaited)
		}
		return b.requestBuildsFor(ctx, tx, run.Dataset(), run.Task.Force, &run.Task.ID, entries)
	})
}
