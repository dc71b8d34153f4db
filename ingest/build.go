package ingest

import (
	"context"
	"maps"
	"slices"

	"github.com/cairngeo/cairn"
	"github.com/cairngeo/cairn/catalog"
	"github.com/cairngeo/cairn/sandbox"
)

// A builder makes the files of a product, in a sandbox.
type builder struct {
	version func(Options) string // names what it makes
	build   sandbox.Function[buildJob, bool]
}

// builders are by the kind of their product, which is also the folder of its files in the API.
var builders = map[string]builder{
	"cog": {func(o Options) string { return o.COGs.Version() }, buildCOG},
}

// mainFiles are what people mean by a product, by its kind.
var mainFiles = map[string]string{"cog": "cog/cog.tif"}

// MainFile is the file of a product that people want to have.
func MainFile(p catalog.Product) string { return mainFiles[p.Kind] }

var kinds = map[catalog.EntryType]string{catalog.GeoRaster: "cog"}

// Product names what is built from the entry; ok is false if nothing is.
func (in *Ingest) Product(e catalog.Entry) (p catalog.Product, ok bool) {
	kind, ok := kinds[e.Type]
	if !ok {
		return p, false
	}
	return catalog.Product{Kind: kind, Version: in.version(kind), Inputs: []string{e.Hash}}, true
}

// version names what is made of a kind.
func (in *Ingest) version(kind string) string { return builders[kind].version(in.options) }

// Build asks for the product of an entry. Nothing happens for an entry that
// none is built from. Without force a build under way is a Conflict.
func (in *Ingest) Build(ctx context.Context, d *catalog.Dataset, path string, force bool) error {
	e, err := in.catalog.Entry(ctx, d, path)
	if err != nil {
		return err
	}
	if _, buildable := in.Product(e); !buildable {
		return nil
	}
	active, err := in.catalog.BuildActive(ctx, d, path)
	if err != nil {
		return err
	}
	if active && !force {
		return cairn.Errorf(cairn.Conflict, "A build of %q is under way already.", path)
	}
	return in.catalog.Update(ctx, func(tx catalog.Tx) error { return in.requestBuilds(ctx, tx, d, force, e) })
}

// Buildable are the types of entries that something is built from.
func Buildable() []catalog.EntryType { return slices.Collect(maps.Keys(kinds)) }

// RequestBuilds adds the tasks that build what entries need that came into the
// dataset, in the transaction that brings them.
func (in *Ingest) RequestBuilds(ctx context.Context, tx catalog.Tx, d *catalog.Dataset, entries []catalog.Entry) error {
	return in.requestBuilds(ctx, tx, d, false, entries...)
}

// requestBuilds adds the tasks that build what the entries need, in the
// transaction that needs them.
func (in *Ingest) requestBuilds(ctx context.Context, tx catalog.Tx, d *catalog.Dataset, force bool, entries ...catalog.Entry) error {
	return in.addBuilds(ctx, tx, d, nil, force, in.planBuilds(entries, force))
}

// requestBuildsFor is requestBuilds for a task that asks for them.
func (in *Ingest) requestBuildsFor(ctx context.Context, tx catalog.Tx, d *catalog.Dataset, force bool, parent *int64, entries []catalog.Entry) error {
	return in.addBuilds(ctx, tx, d, parent, force, in.planBuilds(entries, force))
}

// requestBackgroundBuilds is requestBuilds for entries that nobody waits for.
func (in *Ingest) requestBackgroundBuilds(ctx context.Context, tx catalog.Tx, d *catalog.Dataset, entries []catalog.Entry) error {
	plans := in.planBuilds(entries, false)
	for i := range plans {
		plans[i].Background = true
	}
	return in.addBuilds(ctx, tx, d, nil, false, plans)
}

// planBuilds are the builds of those of the entries that something is built from.
func (in *Ingest) planBuilds(entries []catalog.Entry, force bool) (plans []Plan) {
	for _, e := range entries {
		if p, buildable := in.Product(e); buildable {
			plans = append(plans, planBuild(e, p, force))
		}
	}
	return plans
}

func (in *Ingest) addBuilds(ctx context.Context, tx catalog.Tx, d *catalog.Dataset, parent *int64, force bool, plans []Plan) error {
	if len(plans) == 0 {
		return nil
	}
	_, err := in.addTasks(ctx, tx, catalog.NewTasks{Dataset: d.ID, Parent: parent, Tool: aboutBuild.ID, Version: aboutBuild.Version, Force: force}, plans...)
	return err
}
