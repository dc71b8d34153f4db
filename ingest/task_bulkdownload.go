package ingest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode"

	"github.com/cairngeo/cairn"
	"github.com/cairngeo/cairn/auth"
	"github.com/cairngeo/cairn/catalog"
	"github.com/cairngeo/cairn/ingest/archive"
)

// bulkDownload makes a zip of entries, for those who don't want to wait for it on the line.
type bulkDownload struct{ *Ingest }

type bulkDownloadParams struct {
	Paths       []string `json:"paths,omitempty" doc:"Files and folders; everything if absent" example:"[\"flight1\"]"`
	ArchiveName string   `json:"archiveName,omitempty" doc:"Name of the zip; that of the dataset if absent" example:"site-a.zip"`
}

func (b *bulkDownload) About() About {
	return About{ID: "bulk-download", Version: "1", Title: "Download archive (ZIP)", Access: auth.ReadDataset, Extension: "zip", Params: bulkDownloadParams{}, PerUser: b.options.BulkDownloadsPerUser}
}

// Plan finds out what is in the archive and how large it gets.
func (b *bulkDownload) Plan(ctx context.Context, r Request) (Plan, error) {
	var params bulkDownloadParams
	if err := r.read(&params); err != nil {
		return Plan{}, err
	}
	if len(params.Paths) == 0 && r.Path != "" {
		params.Paths = []string{r.Path}
	}
	if len(params.Paths) > maxPaths {
		return Plan{}, cairn.Errorf(cairn.Invalid, "More than %d paths at once; ask for their folder instead.", maxPaths)
	}
	for i, path := range params.Paths {
		clean, err := catalog.CleanPath(path)
		if err != nil {
			return Plan{}, err
		}
		params.Paths[i] = clean
	}
	slices.Sort(params.Paths)
	params.Paths = slices.Compact(params.Paths)
	var err error
	if params.ArchiveName, err = archiveName(params.ArchiveName, r.Dataset.Slug); err != nil {
		return Plan{}, err
	}
	contents, err := b.catalog.Contents(ctx, r.Dataset, params.Paths...)
	if missing, ok := errors.AsType[*cairn.Error](err); ok && missing.Code == cairn.NotFound {
		return Plan{}, cairn.Errorf(cairn.Invalid, "%s", missing.Message)
	}
	if err != nil {
		return Plan{}, err
	}
	plan := Plan{Params: params, Inputs: contents.Digest}
	estimate := zipSize(contents)
	plan.Bytes = &estimate
	switch len(params.Paths) {
	case 0: // the index file is in it, which changes when the files don't
		revision, err := b.catalog.Revision(ctx, r.Dataset)
		if err != nil {
			return Plan{}, err
		}
		plan.Inputs += fmt.Sprintf(":%d", revision.Number)
		estimate += indexSize(contents)
	case 1:
		plan.Path = params.Paths[0]
	}
	return plan, nil
}

// maxPaths bounds the look-ups that one archive may cost.
const maxPaths = 10_000

// zipSize is about how large the zip gets: each member needs its content, twice
// its name, and some 120 bytes.
func zipSize(c catalog.Contents) int64 { return c.Bytes + 2*c.PathBytes + 120*c.Entries }

// indexSize is about how large an index file gets: each entry needs its path
// and its hash twice, and what is known of it.
func indexSize(c catalog.Contents) int64 { return 48<<10 + 2*c.PathBytes + 800*c.Entries }

// archiveName is the name under which the zip is saved.
func archiveName(given, slug string) (string, error) {
	switch {
	case given == "":
		return slug + ".zip", nil
	case strings.ContainsAny(given, `/\`) || strings.ContainsFunc(given, unicode.IsControl):
		return "", cairn.Errorf(cairn.Invalid, "archiveName is the name of a file, without folders.")
	}
	if !strings.EqualFold(filepath.Ext(given), ".zip") {
		given += ".zip"
	}
	if len(given) > 255 {
		return "", cairn.Errorf(cairn.Invalid, "archiveName has more than 255 bytes.")
	}
	return given, nil
}

// Run writes the zip.
func (b *bulkDownload) Run(ctx context.Context, run *Run) error {
	var params bulkDownloadParams
	if err := run.Params(&params); err != nil {
		return err
	}
	contents, err := b.catalog.Contents(ctx, run.Dataset(), params.Paths...)
	if err != nil {
		return err
	}
	members, length := b.walk(ctx, run.Dataset(), params.Paths), zipSize(contents)
	if len(params.Paths) == 0 {
		index, err := b.Index(ctx, run.Dataset())
		if err != nil {
			return err
		}
		defer index.Close()
		members = index.Members(ctx)
		if length, err = archive.Size(members); err != nil {
			return err
		}
	}
	run.Log("Packing %d entries into %s", contents.Entries, params.ArchiveName)
	run.Progress(0, "packing")
	file, err := os.Create(filepath.Join(run.Dir, "archive.zip"))
	if err != nil {
		return err
	}
	defer file.Close()
	sum := sha256.New()
	out := &progressWriter{ctx: ctx, w: io.MultiWriter(file, sum), whole: length, report: func(percent float64) { run.Progress(percent, "packing") }}
	if err := archive.Write(ctx, out, members); err != nil {
		return err
	}
	if err := file.Close(); err != nil {
		return err
	}
	run.Log("Archive complete (%d bytes)", out.written)
	run.Deliver(file.Name(), params.ArchiveName, hex.EncodeToString(sum.Sum(nil)))
	return nil
}

// walk yields the members for the paths while it reads the catalog.
func (b *bulkDownload) walk(ctx context.Context, d *catalog.Dataset, paths []string) iter.Seq2[archive.Member, error] {
	return func(yield func(archive.Member, error) bool) {
		enough := errors.New("enough")
		err := b.catalog.Walk(ctx, d, paths, func(e catalog.Entry) error {
			if !yield(archive.Entry(b.store, e), nil) {
				return enough
			}
			return nil
		})
		if err != nil && err != enough {
			yield(archive.Member{}, err)
		}
	}
}

// progressWriter reports how much of the whole was written, and stops when ctx is done.
type progressWriter struct {
	ctx            context.Context
	w              io.Writer
	written, whole int64
	report         func(percent float64)
}

func (p *progressWriter) Write(b []byte) (int, error) {
	if err := p.ctx.Err(); err != nil {
		return 0, err
	}
	n, err := p.w.Write(b)
	p.written += int64(n)
	p.report(100 * float64(p.written) / float64(max(p.whole, 1)))
	return n, err
}
