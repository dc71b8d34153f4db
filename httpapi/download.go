package httpapi

import (
	"context"
	"io"
	"log/slog"
	"mime"
	"net/http"
	"net/url"
	"path"
	"strconv"
	"strings"
	"time"

	"github.com/cairngeo/cairn"
	"github.com/cairngeo/cairn/auth"
	"github.com/cairngeo/cairn/catalog"
	"github.com/cairngeo/cairn/catalog/blob"
	"github.com/cairngeo/cairn/ingest/archive"
	"github.com/danielgtaylor/huma/v2"
)

func (s *server) registerDownloads() {
	s.stream(huma.Operation{Method: http.MethodGet, Path: "/orgs/{org}/ds/{ds}/download", Tags: []string{"Objects"},
		Summary: "Download a file, or a zip of several, of a folder, or of everything",
		Parameters: []*huma.Param{
			{Name: "path", In: "query", Schema: &huma.Schema{Type: huma.TypeString}, Description: "One path, several separated by commas, or repeated; everything if absent"},
			{Name: "inline", In: "query", Schema: &huma.Schema{Type: huma.TypeInteger}, Description: "1 to show the file rather than save it"}},
		Responses: map[string]*huma.Response{"200": {Description: "The file or zip"}, "206": {Description: "A range of the file"}}},
		"", s.download)
}

func (s *server) download(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	d, err := s.readDataset(ctx, DatasetInput{param(r, "org"), param(r, "ds")})
	if err != nil {
		return err
	}
	if r.Header.Get("X-Download-Check") != "" {
		return nil // the caller may download now
	}
	paths, err := s.selection(ctx, r, d)
	if err != nil {
		return err
	}
	entries, err := s.Catalog.Tree(ctx, d, paths...)
	if err != nil {
		return err
	}
	inline := query(r, "inline") == "1"
	if len(paths) == 1 && len(entries) == 1 && entries[0].Type != catalog.Directory {
		return s.sendFile(w, r, d, entries[0], inline)
	}
	return s.sendZip(w, r, d, entries, inline)
}

// selection returns the paths that a request for a download names: none for
// everything. Repeated parameters are literal; a single one is tried whole and
// then cut at commas, so that each piece is the longest run that names an entry.
func (s *server) selection(ctx context.Context, r *http.Request, d *catalog.Dataset) ([]string, error) {
	var given []string
	for name, value := range pairs(r.URL.RawQuery) {
		if value != "" && sameName(name, "path") {
			given = append(given, value)
		}
	}
	if len(given) == 0 {
		return nil, nil
	}
	if len(given) == 1 {
		e, err := s.entryOf(ctx, r, d)
		if err == nil && !strings.HasPrefix(given[0], "/") {
			return []string{e.Path}, nil
		}
		if !strings.Contains(given[0], ",") {
			if _, invalid := catalog.CleanPath(given[0]); invalid != nil {
				return nil, invalid
			}
			return nil, err
		}
		return s.cut(ctx, d, strings.Split(given[0], ","))
	}
	for i, value := range given {
		clean, err := catalog.CleanPath(value)
		if err == nil {
			_, err = s.Catalog.Entry(ctx, d, clean)
		}
		if err != nil {
			return nil, unknownPiece(value, err)
		}
		given[i] = clean
	}
	return given, nil
}

// maxPieces bounds the look-ups that one list of paths may cost.
const maxPieces = 2000

func (s *server) cut(ctx context.Context, d *catalog.Dataset, pieces []string) ([]string, error) {
	if len(pieces) > maxPieces {
		return nil, cairn.Errorf(cairn.Invalid, "More than %d paths at once; ask for their folder instead.", maxPieces)
	}
	var paths []string
	for start := 0; start < len(pieces); {
		end, err := start, error(nil)
		for try := min(len(pieces), start+16); try > start; try-- { // a name has a few commas at most
			var clean string
			if clean, err = catalog.CleanPath(strings.Join(pieces[start:try], ",")); err != nil {
				continue
			}
			if _, err = s.Catalog.Entry(ctx, d, clean); err == nil {
				paths, end = append(paths, clean), try
				break
			}
			if cairn.CodeOf(err) != cairn.NotFound {
				return nil, err
			}
		}
		if end == start {
			return nil, unknownPiece(pieces[start], err)
		}
		start = end
	}
	return paths, nil
}

// unknownPiece: an unknown path among several is a bad request, not a missing thing.
func unknownPiece(path string, err error) error {
	if cairn.CodeOf(err) == cairn.NotFound {
		return cairn.Errorf(cairn.Invalid, "There is no entry %q in this dataset.", path)
	}
	return err
}

func (s *server) sendFile(w http.ResponseWriter, r *http.Request, d *catalog.Dataset, e catalog.Entry, inline bool) error {
	file, err := s.Store.Open(r.Context(), blob.Key(e.Hash))
	if err != nil {
		return err
	}
	defer file.Close()
	header := w.Header()
	header.Set("Content-Type", mediaType(e.Path))
	header.Set("ETag", `"`+e.Hash+`"`)
	header.Set("Cache-Control", strings.Replace(cacheControl(d, 0), "max-age=0", "no-cache", 1))
	name := path.Base(e.Path)
	if !inline {
		header.Set("Content-Disposition", attachment(name))
	} else if t := header.Get("Content-Type"); strings.Contains(t, "html") || strings.Contains(t, "xml") {
		header.Set("Content-Security-Policy", "sandbox") // an uploaded page must not act as ours
	}
	serveContent(w, r, name, time.Unix(e.MTime, 0), io.NewSectionReader(file, 0, file.Size()))
	return nil
}

// attachment is a Content-Disposition that every browser saves under the name.
func attachment(name string) string {
	ascii := strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' || r == '"' || r == '\\' {
			return '_'
		}
		return r
	}, name)
	return `attachment; filename="` + ascii + `"; filename*=UTF-8''` + strings.ReplaceAll(url.QueryEscape(name), "+", "%20")
}

func (s *server) sendZip(w http.ResponseWriter, r *http.Request, d *catalog.Dataset, entries []catalog.Entry, inline bool) error {
	size, err := archive.Size(entries)
	if err != nil {
		return err
	}
	name := d.Organization + "-" + d.Slug + "-" + strings.ToLower(auth.RandomText(8)) + ".zip"
	header := w.Header()
	header.Set("Content-Type", "application/zip")
	header.Set("Content-Length", strconv.FormatInt(size, 10))
	header.Set("Cache-Control", "no-store")
	disposition := "attachment"
	if inline {
		disposition = "inline"
	}
	header.Set("Content-Disposition", mime.FormatMediaType(disposition, map[string]string{"filename": name}))
	if r.Method == http.MethodHead {
		return nil
	}
	if err := archive.Write(r.Context(), w, s.Store, entries); err != nil {
		if ignoreGone(r, err) == nil {
			return nil
		}
		slog.WarnContext(r.Context(), "a zip was not finished", "error", err)
		panic(http.ErrAbortHandler) // half a zip must not be taken for a whole one
	}
	return nil
}
