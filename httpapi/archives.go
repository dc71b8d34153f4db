package httpapi

import (
	"context"
	"fmt"
	"iter"
	"log/slog"
	"mime"
	"net/http"
	"strconv"
	"strings"

	"github.com/cairngeo/cairn"
	"github.com/cairngeo/cairn/auth"
	"github.com/cairngeo/cairn/catalog"
	"github.com/cairngeo/cairn/ingest/archive"
	"github.com/danielgtaylor/huma/v2"
)

func (s *server) registerIndex() {
	s.stream(huma.Operation{Method: http.MethodGet, Path: datasetPath + "/ddb", Tags: []string{"Datasets"}, Summary: "Download the index of a dataset",
		Description: "A zip with the SQLite database `.ddb/dbase.sqlite`: all entries with their properties and places, and all metadata, the dataset's settings included.",
		Responses: map[string]*huma.Response{
			"200": {Description: "The zip", Content: map[string]*huma.MediaType{"application/zip": {Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}}}},
			"304": {Description: "The index is the one that If-None-Match names"},
		}}, "", s.limited(s.mayRead, s.getIndex))
}

// getIndex answers the index file of a dataset, in a zip.
func (s *server) getIndex(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	d, err := s.readDataset(ctx, datasetOf(r))
	if err != nil {
		return err
	}
	index, err := s.Ingest.Index(ctx, d)
	if err != nil {
		return err
	}
	defer index.Close()
	etag := fmt.Sprintf(`"%s-%d"`, d.ID, index.Revision.Number)
	w.Header().Set("ETag", etag)
	w.Header().Set("Cache-Control", revalidated(d))
	if matches(r.Header.Get("If-None-Match"), etag) {
		w.WriteHeader(http.StatusNotModified)
		return nil
	}
	disposition := fmt.Sprintf(`attachment; filename="%s-%s-ddb.zip"`, d.Organization, d.Slug)
	return writeZip(w, r, disposition, func(yield func(archive.Member, error) bool) { yield(index.Member(), nil) })
}

// sendZip answers a zip of the paths with everything below them, or of the
// whole dataset with its index.
func (s *server) sendZip(w http.ResponseWriter, r *http.Request, d *catalog.Dataset, paths []string, inline bool) error {
	ctx := r.Context()
	var members iter.Seq2[archive.Member, error]
	if len(paths) == 0 {
		index, err := s.Ingest.Index(ctx, d)
		if err != nil {
			return err
		}
		defer index.Close()
		members = index.Members(ctx)
	} else {
		var err error
		if members, err = s.chosenMembers(ctx, d, paths); err != nil {
			return err
		}
	}
	name := d.Organization + "-" + d.Slug + "-" + strings.ToLower(auth.RandomText(8)) + ".zip"
	disposition := "attachment"
	if inline {
		disposition = "inline"
	}
	w.Header().Set("Cache-Control", "no-store")
	return writeZip(w, r, mime.FormatMediaType(disposition, map[string]string{"filename": name}), members)
}

// chosenMembers are the members of a zip of the paths. They are listed twice,
// for the length and to be written, and must be the same.
func (s *server) chosenMembers(ctx context.Context, d *catalog.Dataset, paths []string) (iter.Seq2[archive.Member, error], error) {
	var entries []catalog.Entry
	err := s.Catalog.Walk(ctx, d, paths, func(e catalog.Entry) error {
		e.Properties, e.Point, e.Polygon = nil, nil, nil // a zip needs little of each of many
		entries = append(entries, e)
		return nil
	})
	return func(yield func(archive.Member, error) bool) {
		for _, e := range entries {
			if !yield(archive.Entry(s.Store, e), nil) {
				return
			}
		}
	}, err
}

// writeZip answers the members as a zip.
func writeZip(w http.ResponseWriter, r *http.Request, disposition string, members iter.Seq2[archive.Member, error]) error {
	size, err := archive.Size(members)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/zip")
	w.Header().Set("Content-Disposition", disposition)
	w.Header().Set("Content-Length", strconv.FormatInt(size, 10))
	if r.Method == http.MethodHead {
		return nil
	}
	if err := archive.Write(r.Context(), w, members); err != nil {
		if ignoreGone(r, err) == nil {
			return nil
		}
		slog.WarnContext(r.Context(), "a zip was not finished", "error", err)
		panic(http.ErrAbortHandler) // half a zip must not be taken for a whole one
	}
	return nil
}

// mayZip answers nobody in particular where archives are only for users.
func (s *server) mayZip(ctx context.Context, d *catalog.Dataset, paths []string) error {
	if !s.DisableAnonymousBulkDownloads || !callerFrom(ctx).Anonymous() {
		return nil
	}
	if len(paths) == 1 {
		if e, err := s.Catalog.Entry(ctx, d, paths[0]); err == nil && e.Type != catalog.Directory {
			return nil
		}
	}
	return cairn.Errorf(cairn.Unauthenticated, "Sign in to download more than one file at once.")
}
