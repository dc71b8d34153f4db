package httpapi

import (
	"context"
	"encoding/json"
	"io"
	"maps"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/cairngeo/cairn"
	"github.com/cairngeo/cairn/catalog"
)

// upload streams the file of a multipart body into the store. Nothing is
// visible before all of the body has come.
func (s *server) upload(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	d, err := s.writeDataset(ctx, datasetOf(r))
	if err != nil {
		return err
	}
	form := uploadForm{file: "file", fields: map[string]string{"path": query(r, "path")}}
	content, err := s.receive(w, r, d, form)
	if err != nil {
		return err
	}
	path := form.fields["path"]
	var e catalog.Entry
	switch {
	case path == "":
		return cairn.Errorf(cairn.Invalid, "Say in the field path where to put the file.")
	case content != nil:
		e, err = s.Ingest.Put(ctx, d, path, *content)
	default:
		e, err = s.Ingest.MakeFolder(ctx, d, path)
	}
	if err != nil {
		return err
	}
	list, err := s.newEntries(ctx, s.Catalog, []catalog.Entry{e})
	if err != nil {
		return err
	}
	w.Header().Set("Location", s.datasetURL(r, d)+"/list?path="+url.QueryEscape(e.Path))
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusCreated)
	return ignoreGone(r, json.NewEncoder(w).Encode(list[0]))
}

// uploadPatience is how long an upload may stand still. All of it may take as
// long as it likes.
const uploadPatience = 2 * time.Minute

// patientBody fails when nothing comes for a while, so that who has gone
// silent does not hold a connection and half a file for ever.
type patientBody struct {
	io.ReadCloser
	connection *http.ResponseController
	patience   time.Duration
}

func patient(w http.ResponseWriter, body io.ReadCloser, patience time.Duration) io.ReadCloser {
	return &patientBody{body, http.NewResponseController(w), patience}
}

func (b *patientBody) Read(p []byte) (int, error) {
	// Writers without deadlines (tests) have no silent clients either. net/http
	// lifts the deadline when the body has been read.
	_ = b.connection.SetReadDeadline(time.Now().Add(b.patience))
	return b.ReadCloser.Read(p)
}

const (
	maxField   = 64 << 10     // of a text field of an upload, in bytes
	maxFraming = 2 * maxField // of what is not the file, in bytes
)

// uploadForm is a multipart body with a file.
type uploadForm struct {
	file   string            // the field with the file
	fields map[string]string // by name: the text fields that are read; what a field holds before counts if it does not come
	also   io.Writer         // gets the bytes of the file too; may be nil
}

// receive reads the fields of an upload to the dataset, in whatever order they
// come, and stores the bytes of the file. content is nil if there is none.
func (s *server) receive(w http.ResponseWriter, r *http.Request, d *catalog.Dataset, form uploadForm) (content *catalog.Content, err error) {
	ctx := r.Context()
	if kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); kind != "multipart/form-data" {
		return nil, cairn.Errorf(cairn.Unsupported, "Send the upload as multipart/form-data with the fields %s and %s.", strings.Join(slices.Sorted(maps.Keys(form.fields)), ", "), form.file)
	}
	atLeast := r.ContentLength - maxFraming
	room, err := s.Catalog.Room(ctx, d, form.fields["path"])
	if err == nil {
		err = room.Check(atLeast) // before anything is sent, where the client waits for that
	}
	if err != nil {
		return nil, err
	}
	r.Body = patient(w, r.Body, uploadPatience)
	parts, err := r.MultipartReader()
	if err != nil {
		return nil, cairn.Errorf(cairn.Invalid, "The multipart body is not understood.").Because(err)
	}
	for {
		part, err := parts.NextPart()
		if err == io.EOF { // a wrapped one is an end within a boundary
			return content, nil
		}
		if err != nil {
			return nil, brokenOff(err)
		}
		if name := part.FormName(); sameName(name, form.file) && content == nil {
			content, err = s.receiveFile(ctx, d, part, form, atLeast)
		} else {
			err = form.read(part)
		}
		if err != nil {
			return nil, err
		}
	}
}

// read keeps a field that is wanted.
func (f uploadForm) read(part *multipart.Part) error {
	for name := range f.fields {
		if sameName(part.FormName(), name) {
			text, err := shortField(part)
			if err != nil {
				return brokenOff(err)
			}
			f.fields[name] = text
		}
	}
	return nil
}

// receiveFile stores a file; an empty field without a file name is as good as none.
func (s *server) receiveFile(ctx context.Context, d *catalog.Dataset, part *multipart.Part, form uploadForm, atLeast int64) (*catalog.Content, error) {
	path := form.fields["path"]
	if path != "" { // what can't be stored need not be sent
		var err error
		if path, err = catalog.CleanPath(path); err != nil {
			return nil, err
		}
	}
	var file io.Reader = part
	if form.also != nil {
		file = io.TeeReader(part, form.also)
	}
	content, err := s.Ingest.ReceiveFor(ctx, d, path, file, atLeast)
	if err != nil || part.FileName() == "" && content.Size == 0 {
		return nil, err
	}
	return &content, nil
}

func brokenOff(err error) error {
	return cairn.Errorf(cairn.Invalid, "The upload ended before it was complete. Send it again.").Because(err)
}

// datasetURL is the address of the dataset in the API.
func (s *server) datasetURL(r *http.Request, d *catalog.Dataset) string {
	return strings.Join([]string{baseURL(r), "orgs", d.Organization, "ds", d.Slug}, "/")
}
