package httpapi

import (
	"encoding/json"
	"io"
	"mime"
	"net/http"
	"net/url"
	"path"
	"strings"
	"time"

	"github.com/cairngeo/cairn"
	"github.com/cairngeo/cairn/auth"
	"github.com/cairngeo/cairn/catalog"
	"github.com/cairngeo/cairn/catalog/blob"
	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"
)

func (s *server) registerDownloads() {
	s.downloads = newDownloadLimiter(s.MaxDownloadsPerUser)
	tags := []string{"Objects"}
	const ds = "/orgs/{org}/ds/{ds}"
	inline := &huma.Param{Name: "inline", In: "query", Schema: &huma.Schema{Type: huma.TypeInteger}, Description: "1 to show the file rather than save it"}
	responses := func() map[string]*huma.Response {
		return map[string]*huma.Response{"200": {Description: "The file or zip", Content: anyBytes}, "206": {Description: "A range of the file", Content: anyBytes}}
	}
	s.stream(huma.Operation{Method: http.MethodGet, Path: ds + "/download", Tags: tags,
		Summary: "Download a file, or a zip of several, of a folder, or of everything",
		Parameters: []*huma.Param{
			{Name: "path", In: "query", Schema: &huma.Schema{Type: huma.TypeString}, Description: "One path, several separated by commas, or repeated; everything if absent"},
			{Name: "ticket", In: "query", Schema: &huma.Schema{Type: huma.TypeString}, Description: "In place of path: what POST gave a link for"},
			inline},
		Responses: responses()}, "", s.limited(s.mayFetch, s.download))
	s.stream(huma.Operation{Method: http.MethodGet, Path: ds + "/download/{path}", Tags: tags, Summary: "Download a file, or a zip of a folder",
		Parameters: []*huma.Param{inline}, Responses: responses()}, ds+"/download/*", s.limited(s.mayRead, s.downloadPath))
	selected := s.OpenAPI().Components.Schemas.Schema(reflectDownloads, true, "Selection")
	s.stream(huma.Operation{Method: http.MethodPost, Path: ds + "/download", Tags: tags, Summary: "Download a file, or a zip of several, with a list of any length",
		RequestBody: &huma.RequestBody{Content: map[string]*huma.MediaType{
			"application/json": {Schema: selected}, "application/x-www-form-urlencoded": {Schema: selected}, "multipart/form-data": {Schema: selected}}},
		Responses: responses()}, "", s.limited(s.mayRead, s.postDownload))
	s.stream(huma.Operation{Method: http.MethodGet, Path: ds + "/build-artifact", Tags: tags, Summary: "Download what was built of an entry: the COG of a raster",
		Parameters: []*huma.Param{{Name: "path", In: "query", Required: true, Schema: &huma.Schema{Type: huma.TypeString}, Description: "Path of the entry"}},
		Responses:  responses()}, "", s.limited(s.mayRead, s.buildArtifact))
}

// download answers GET with the paths, or a ticket for them, in the query.
func (s *server) download(w http.ResponseWriter, r *http.Request) error {
	if token := query(r, "ticket"); token != "" {
		return s.fetch(w, r, token)
	}
	ctx := r.Context()
	d, err := s.readDataset(ctx, datasetOf(r))
	if err != nil {
		return err
	}
	paths, err := s.selection(ctx, r, d)
	if err != nil {
		return err
	}
	return s.send(w, r, d, paths, query(r, "inline") == "1")
}

// downloadPath answers GET with the path of an entry in the address.
func (s *server) downloadPath(w http.ResponseWriter, r *http.Request) error {
	d, err := s.readDataset(r.Context(), datasetOf(r))
	if err != nil {
		return err
	}
	name, err := catalog.CleanPath(param(r, "*"))
	if err != nil {
		return err
	}
	return s.send(w, r, d, []string{name}, query(r, "inline") == "1")
}

// downloadsBody is the body of POST download.
type downloadsBody struct {
	Path   oneOrMany `json:"path,omitempty" doc:"One path, several separated by commas, or a list; everything if absent"`
	Inline int       `json:"inline,omitempty" doc:"1 to show the file rather than save it"`
}

// maxSelection bounds a list of paths, in bytes.
const maxSelection = 16 << 20

// postDownload answers the file or zip. The script of a browser can't save
// what is streamed to it: it gets a link.
func (s *server) postDownload(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	d, err := s.readDataset(ctx, datasetOf(r))
	if err != nil {
		return err
	}
	var in downloadsBody
	body, err := bodyReader{s.api, bodyShape(reflectDownloads), maxSelection, defaultBodyTimeout}.read(w, r)
	if err != nil {
		return err
	}
	if len(body) > 0 {
		if err := json.Unmarshal(body, &in); err != nil {
			return cairn.Errorf(cairn.Invalid, "The body is not understood: path is a text or a list of texts.").Because(err)
		}
	}
	paths, err := s.choose(ctx, d, in.Path)
	if err != nil {
		return err
	}
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if r.Header.Get("Origin") == "" || kind != "multipart/form-data" {
		return s.send(w, r, d, paths, in.Inline == 1)
	}
	if err := s.mayZip(ctx, d, paths); err != nil {
		return err
	}
	ticket := catalog.Ticket{Paths: paths, Inline: in.Inline == 1}
	if caller := callerFrom(ctx); !caller.Anonymous() {
		ticket.User = uuid.NullUUID{UUID: caller.ID(), Valid: true}
	}
	token, err := s.Catalog.IssueTicket(ctx, d, ticket)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/json")
	return ignoreGone(r, writeJSON(w, map[string]string{"downloadUrl": s.datasetURL(r, d) + "/download?ticket=" + token}))
}

// mayFetch answers who may not download. A ticket is good by itself: what its
// owner may is asked when it is used.
func (s *server) mayFetch(r *http.Request) error {
	if query(r, "ticket") != "" {
		return nil
	}
	return s.mayRead(r)
}

// fetch sends what a ticket stands for, if whoever asked for it still may have it.
func (s *server) fetch(w http.ResponseWriter, r *http.Request, token string) error {
	ctx, org, ds := r.Context(), param(r, "org"), param(r, "ds")
	ticket, err := s.Catalog.Ticket(ctx, org, ds, token)
	if err != nil {
		return err
	}
	caller := auth.Caller{}
	if ticket.User.Valid {
		if caller, err = s.Users.CallerWithID(ctx, ticket.User.UUID); err != nil {
			return err
		}
	}
	d, err := s.Catalog.Dataset(ctx, caller, org, ds, auth.ReadDataset)
	if err != nil {
		return err
	}
	return s.send(w, asCaller(r, caller), d, ticket.Paths, ticket.Inline)
}

// send answers one file as it is, anything else as a zip; no paths stand for
// the whole dataset.
func (s *server) send(w http.ResponseWriter, r *http.Request, d *catalog.Dataset, paths []string, inline bool) error {
	ctx := r.Context()
	if len(paths) == 1 {
		e, err := s.Catalog.Entry(ctx, d, paths[0])
		if err != nil {
			return err
		}
		if e.Type != catalog.Directory {
			return s.sendFile(w, r, d, e, inline)
		}
	}
	if err := s.mayZip(ctx, d, paths); err != nil {
		return err
	}
	return s.sendZip(w, r, d, paths, inline)
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
	header.Set("Cache-Control", revalidated(d))
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
