package workingcopy

import (
	"context"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/cairngeo/cairn"
	"github.com/cairngeo/cairn/catalog"
	"github.com/cairngeo/cairn/federation/client"
	"golang.org/x/sync/errgroup"
)

// Shared is what a share did.
type Shared struct {
	URL      string    `json:"url"` // of the dataset's page
	Tag      string    `json:"tag"`
	Uploaded int       `json:"uploaded"`
	Bytes    int64     `json:"bytes"`
	Skipped  []Skipped `json:"skipped"`
}

// Share adds files, and all files in folders, to a dataset of the server, which
// is made, with the name, if it does not exist; the zero Dataset means a new one. Files below
// dir keep their path from there, others their name and the folder's that was
// named. What a link that was named leads to is shared; links in folders, which
// may lead anywhere, and what else can't be in a dataset are left out.
func Share(ctx context.Context, to *client.Client, d client.Dataset, name, dir string, names []string, o Options) (done Shared, err error) {
	if o.Parallel <= 0 {
		o.Parallel = 4
	}
	if o.Progress == nil {
		o.Progress = silence{}
	}
	files, skipped, err := collect(dir, names)
	done.Skipped = skipped
	if err != nil {
		return done, err
	}
	token, err := to.ShareInit(ctx, d, name)
	if err != nil {
		return done, err
	}
	var size int64
	for _, f := range files {
		size += f.size
	}
	o.Progress.Begin("Uploading", len(files), size)
	var sent tally
	group, uploads := errgroup.WithContext(ctx)
	group.SetLimit(o.Parallel)
	for _, f := range files {
		group.Go(func() error {
			defer o.Progress.File()
			return f.share(uploads, to, token, func(n int64) {
				sent.bytes.Add(n)
				o.Progress.Bytes(n)
			})
		})
	}
	if err := group.Wait(); err != nil {
		return done, err
	}
	done.Uploaded, done.Bytes = len(files), sent.bytes.Load()
	page, into, err := to.ShareCommit(ctx, token)
	done.URL, done.Tag = page, client.Tag{Server: to.Server(), Dataset: into}.String()
	return done, err
}

// shared is a file to share.
type shared struct {
	location string // on disk
	path     string // in the dataset
	size     int64
}

func (f shared) share(ctx context.Context, to *client.Client, token string, progress func(int64)) error {
	received, err := to.ShareUpload(ctx, token, f.path, client.File{Name: path.Base(f.path), Size: f.size, Progress: progress,
		Open: func() (io.ReadCloser, error) { return os.Open(f.location) }})
	if err != nil {
		return err
	}
	file, err := os.Open(f.location)
	if err != nil {
		return err
	}
	defer file.Close()
	if hash, err := hashOf(ctx, file); err != nil {
		return err
	} else if hash != received.Hash {
		return cairn.Errorf(cairn.Invalid, "%s arrived with other content: was it changed meanwhile? Share it again.", f.path)
	}
	return nil
}

// collect finds the files that are named, by path.
func collect(dir string, names []string) (files []shared, skipped []Skipped, err error) {
	if dir, err = filepath.Abs(dir); err != nil {
		return nil, nil, err
	}
	found, skipped := map[string]shared{}, []Skipped{}
	for _, name := range names {
		if !filepath.IsAbs(name) {
			name = filepath.Join(dir, name)
		}
		base := dir
		if relative, err := filepath.Rel(dir, name); err != nil || relative == ".." || strings.HasPrefix(relative, "../") {
			base = filepath.Dir(name)
		}
		if err := collectOne(found, &skipped, base, name); err != nil {
			return nil, nil, err
		}
	}
	if len(found) == 0 {
		return nil, nil, cairn.Errorf(cairn.Invalid, "There is no file to share.")
	}
	for _, f := range found {
		files = append(files, f)
	}
	slices.SortFunc(files, func(a, b shared) int { return strings.Compare(a.path, b.path) })
	return files, skipped, nil
}

func collectOne(found map[string]shared, skipped *[]Skipped, base, name string) error {
	return filepath.WalkDir(name, func(location string, e fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case e.IsDir() && strings.EqualFold(e.Name(), folder):
			return fs.SkipDir
		}
		relative, err := filepath.Rel(base, location)
		if err != nil || relative == "." {
			return err
		}
		if why := unfit(filepath.ToSlash(relative), e.Type()); why != "" && location != name {
			*skipped = append(*skipped, Skipped{strings.ToValidUTF8(relative, "\uFFFD"), why})
			if e.IsDir() {
				return fs.SkipDir
			}
			return nil
		}
		if e.IsDir() {
			return nil
		}
		info, err := os.Stat(location) // what a link that was named leads to
		if err != nil {
			return err
		}
		f := shared{location, filepath.ToSlash(relative), info.Size()}
		if clean, err := catalog.CleanPath(f.path); err != nil || clean != f.path || !info.Mode().IsRegular() {
			return cairn.Errorf(cairn.Invalid, "%q can't be shared: it is no ordinary file, or registries don't take its name.", f.path)
		}
		if other, there := found[f.path]; there && other.location != location {
			return cairn.Errorf(cairn.Invalid, "%s and %s would both be %q in the dataset.", other.location, location, f.path)
		}
		found[f.path] = f
		return nil
	})
}
