package httpapi

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net/http"
	"os"
	"time"

	"github.com/cairngeo/cairn"
	"github.com/cairngeo/cairn/catalog"
	"github.com/danielgtaylor/huma/v2"
)

func (s *server) registerPush() {
	const push = "/orgs/{org}/ds/{ds}/push"
	tags := []string{"Push"}
	s.stream(huma.Operation{Method: http.MethodPost, Path: push + "/init", Tags: tags, Summary: "Begin a push of a stamp and learn what it needs",
		RequestBody: s.formBody(pushInit{}), Responses: map[string]*huma.Response{"200": s.answer(pushBegun{}, "What to send, or that the client must pull first")}}, "", s.initPush)
	s.stream(huma.Operation{Method: http.MethodPost, Path: push + "/upload", Tags: tags, Summary: "Send a file that a push needs",
		RequestBody: uploadBody([]string{"path", "token", "file"}, map[string]string{"path": "As in the stamp", "token": "Of the push"}, "file", "The file"),
		Responses:   map[string]*huma.Response{"200": {Description: "The file is there"}}}, "", s.uploadPushed)
	s.stream(huma.Operation{Method: http.MethodPost, Path: push + "/meta", Tags: tags, Summary: "Send the metadata that a push needs",
		RequestBody: s.formBody(pushRecords{}), Responses: map[string]*huma.Response{"200": {Description: "The metadata is there"}}}, "", s.uploadRecords)
	register(s.api, huma.Operation{Method: http.MethodPost, Path: push + "/commit", Tags: tags, Summary: "Make the dataset what the push says, all at once",
		DefaultStatus: http.StatusOK}, s.commitPush)
}

// pushInit is the form of push/init.
type pushInit struct {
	Checksum string `json:"checksum,omitempty" doc:"Of the stamp that the client and the dataset had in common last"`
	Stamp    string `json:"stamp" doc:"The stamp that the dataset is to have, as JSON text"`
}

// pushBegun is the answer of push/init.
type pushBegun struct {
	NeededFiles  []string `json:"neededFiles" doc:"Paths of the files to send"`
	NeededMeta   []string `json:"neededMeta" doc:"Ids of the metadata to send"`
	PullRequired bool     `json:"pullRequired" doc:"The dataset has changes that the client does not know"`
	Token        string   `json:"token" doc:"Of the push; empty if the client must pull"`
}

// pushRecords is the form of push/meta.
type pushRecords struct {
	Token string `json:"token" doc:"Of the push"`
	Meta  string `json:"meta" doc:"The records as meta/dump gives them, as JSON text"`
}

// pushDestination is the dataset that the caller of a request pushes to.
func (s *server) pushDestination(r *http.Request) (*catalog.Dataset, error) {
	return s.Catalog.Destination(r.Context(), callerFrom(r.Context()), param(r, "org"), param(r, "ds"))
}

func (s *server) initPush(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	d, err := s.pushDestination(r)
	if err != nil {
		return err
	}
	form, err := s.readPushForm(w, r, "stamp", "checksum")
	if err != nil {
		return err
	}
	defer form.Close()
	p, pull, err := s.Federation.BeginPush(ctx, callerFrom(ctx), d, form.word, form)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/json")
	if pull {
		return ignoreGone(r, writeJSON(w, pushBegun{NeededFiles: []string{}, NeededMeta: []string{}, PullRequired: true}))
	}
	file, err := s.spoolFile(func(out *spoolWriter) error { return s.writePushBegun(ctx, out, p) })
	if err != nil {
		return err
	}
	defer file.Close()
	serveContent(w, r, "", time.Time{}, file)
	return nil
}

// writePushBegun writes a pushBegun whose lists may be long.
func (s *server) writePushBegun(ctx context.Context, out *spoolWriter, p *catalog.Push) error {
	if _, err := out.WriteString(`{"pullRequired":false,"token":"` + p.Token + `","neededFiles":`); err != nil {
		return err
	}
	err := out.list(func(add func(any) error) error {
		return s.Catalog.NeededFiles(ctx, p, func(path string) error { return add(path) })
	})
	if err != nil {
		return err
	}
	if _, err := out.WriteString(`,"neededMeta":`); err != nil {
		return err
	}
	err = out.list(func(add func(any) error) error {
		return s.Catalog.NeededRecords(ctx, p, func(id string) error { return add(id) })
	})
	if err != nil {
		return err
	}
	return out.WriteByte('}')
}

// pushForm is a form with a word and a field of any size, which waits in a
// file to be read.
type pushForm struct {
	*bufio.Reader
	file *os.File
	word string
}

// Close ends the reading.
func (f *pushForm) Close() error { return f.file.Close() }

// readPushForm takes the form in before anything is done with it: a slow
// client must not hold a connection to the database.
func (s *server) readPushForm(w http.ResponseWriter, r *http.Request, large, word string) (*pushForm, error) {
	file, err := os.CreateTemp(s.Store.Scratch(), "push-")
	if err != nil {
		return nil, err
	}
	form := &pushForm{Reader: bufio.NewReaderSize(file, 1<<16), file: file}
	found := false
	err = errors.Join(os.Remove(file.Name()), eachField(w, r, func(name string, value io.Reader) (err error) {
		switch {
		case sameName(name, large):
			found = true
			_, err = io.Copy(file, value)
		case sameName(name, word):
			form.word, err = shortField(value)
		}
		return err
	}))
	if err == nil && !found {
		err = cairn.Errorf(cairn.Invalid, "The field %s is missing.", large)
	}
	if err == nil {
		_, err = file.Seek(0, io.SeekStart)
	}
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return form, nil
}

// uploadPushed takes a file in. Its fields may follow the file.
func (s *server) uploadPushed(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	d, err := s.pushDestination(r)
	if err != nil {
		return err
	}
	form := uploadForm{file: "file", fields: map[string]string{"path": "", "token": ""}}
	content, err := s.receive(w, r, d, form)
	if err != nil {
		return err
	}
	p, err := s.Catalog.Push(ctx, callerFrom(ctx), d, form.fields["token"])
	if err != nil {
		return err
	}
	if content == nil {
		return errNoFile("file")
	}
	return s.Federation.DeliverFile(ctx, p, form.fields["path"], *content)
}

func errNoFile(field string) error {
	return cairn.Errorf(cairn.Invalid, "The field %s with the file is missing.", field)
}

func (s *server) uploadRecords(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	d, err := s.pushDestination(r)
	if err != nil {
		return err
	}
	form, err := s.readPushForm(w, r, "meta", "token")
	if err != nil {
		return err
	}
	defer form.Close()
	p, err := s.Catalog.Push(ctx, callerFrom(ctx), d, form.word)
	if err != nil {
		return err
	}
	return s.Federation.DeliverRecords(ctx, p, form)
}

func (s *server) commitPush(ctx context.Context, in *struct {
	DatasetInput
	Body struct {
		Token string `json:"token" doc:"Of the push"`
	}
}) (*struct{}, error) {
	d, err := s.Catalog.Destination(ctx, callerFrom(ctx), in.Org, in.DS)
	if err != nil {
		return nil, err
	}
	p, err := s.Catalog.Push(ctx, callerFrom(ctx), d, in.Body.Token)
	if err != nil {
		return nil, err
	}
	return nil, s.Federation.CommitPush(ctx, p)
}
