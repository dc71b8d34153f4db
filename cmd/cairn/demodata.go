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

// offerDemo makes the public demo dataset unless it is there. Its README is
// uploaded last: without it an interrupted start left the dataset incomplete.
func offerDemo(ctx context.Context, c *catalog.Catalog, store blob.Store, in *ingest.Ingest) error {
	operator := auth.Caller{User: &auth.User{Name: "cairn", Roles: []string{auth.RoleAdmin}}}
	d, err := c.Dataset(ctx, operator, catalog.PublicOrganization, demoSlug, auth.ReadDataset)
	switch {
	case err == nil && d.Readme != "":
		return nil
	case cairn.CodeOf(err) == cairn.NotFound:
		n := catalog.NewDataset{Slug: demoSlug, Name: "Demo", Visibility: auth.Public}
		if d, err = c.CreateDataset(ctx, operator, catalog.PublicOrganization, n); err != nil {
			return err
		}
	case err != nil:
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
	readme := filepath.Join(dir, "README.md")
	err = filepath.WalkDir(dir, func(file string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || file == readme {
			return err
		}
		return uploadFile(ctx, in, d, dir, file)
	})
	if err != nil {
		return err
	}
	return uploadFile(ctx, in, d, dir, readme)
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
