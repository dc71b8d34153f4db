package main

import (
	"context"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"

	"github.com/cairngeo/cairn"
	"github.com/cairngeo/cairn/auth"
	"github.com/cairngeo/cairn/catalog"
	"github.com/cairngeo/cairn/catalog/blob"
	"github.com/cairngeo/cairn/cmd/cairn/demo"
	"github.com/cairngeo/cairn/ingest"
)

// demoSlug is the dataset of the demo, in the organization "public".
const demoSlug = "demo"

// offerDemo makes the public demo dataset unless it exists.
func offerDemo(ctx context.Context, c *catalog.Catalog, store blob.Store, in *ingest.Ingest) error {
	operator := auth.Caller{User: &auth.User{Name: "cairn", Roles: []string{auth.RoleAdmin}}}
	_, err := c.Dataset(ctx, operator, catalog.PublicOrganization, demoSlug, auth.ReadDataset)
	if cairn.CodeOf(err) != cairn.NotFound {
		return err
	}
	slog.Info("making the demo dataset", "dataset", catalog.PublicOrganization+"/"+demoSlug)
	dir, err := os.MkdirTemp(store.Scratch(), "demo-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if err := demo.Write(ctx, dir); err != nil {
		return err
	}
	d, err := c.CreateDataset(ctx, operator, catalog.PublicOrganization, catalog.NewDataset{Slug: demoSlug, Name: "Demo", Visibility: auth.Public})
	if err != nil {
		return err
	}
	return filepath.WalkDir(dir, func(file string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		return uploadFile(ctx, in, d, dir, file)
	})
}

func uploadFile(ctx context.Context, in *ingest.Ingest, d *catalog.Dataset, dir, file string) error {
	name, err := filepath.Rel(dir, file)
	if err != nil {
		return err
	}
	content, err := os.Open(file)
	if err != nil {
		return err
	}
	defer content.Close()
	_, err = in.Upload(ctx, d, filepath.ToSlash(name), content, -1)
	return err
}
