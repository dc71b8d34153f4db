package httpapi

import (
	"bytes"
	"context"
	"crypto/md5"
	"encoding/hex"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/cairngeo/cairn"
	"github.com/cairngeo/cairn/auth"
	"github.com/cairngeo/cairn/catalog"
	"github.com/danielgtaylor/huma/v2"
)

func (s *server) registerShare() {
	tags := []string{"Share"}
	op := func(method, path, summary string) huma.Operation {
		return huma.Operation{Method: method, Path: path, Summary: summary, Tags: tags, DefaultStatus: http.StatusOK}
	}
	register(s.api, op(http.MethodPost, "/share/init", "Begin to share files into a dataset, which is made if need be"), s.initShare)
	batches := op(http.MethodGet, "/orgs/{org}/ds/{ds}/batches", "List the shares into a dataset")
	batches.Responses = spooledAs[[]batch](s.api, "The shares, newest first")
	register(s.api, batches, s.listBatches)

	// Every route has two names.
	info := op(http.MethodGet, "", "Get a share and its files")
	info.Responses = spooledAs[batch](s.api, "The share")
	commit := op(http.MethodPost, "", "Make the shared files entries of the dataset, all at once")
	rollback := op(http.MethodPost, "", "End a share without its files")
	for i, name := range [][]string{{"/share/{token}", "/share/{token}/commit", "/share/{token}/rollback"}, {"/share/info/{token}", "/share/commit/{token}", "/share/rollback/{token}"}} {
		info.Path, commit.Path, rollback.Path = name[0], name[1], name[2]
		if i > 0 {
			info.Summary, commit.Summary, rollback.Summary = "The same as GET /share/{token}", "The same as POST /share/{token}/commit", "The same as POST /share/{token}/rollback"
		}
		register(s.api, info, s.getShare)
		register(s.api, commit, s.commitShare)
		register(s.api, rollback, s.rollBackShare)
	}
	upload := huma.Operation{Method: http.MethodPost, Path: "/share/{token}/upload", Tags: tags, Summary: "Send a file of a share",
		RequestBody: uploadBody([]string{"path", "file"}, map[string]string{"path": "Where it goes in the dataset"}, "file", "The file"),
		Responses:   map[string]*huma.Response{"200": s.answer(sharedFile{}, "The file is there")}}
	chunk := huma.Operation{Method: http.MethodPost, Path: "/share/{token}/upload/chunked", Tags: tags, Summary: "Send a chunk of a large file of a share",
		RequestBody: uploadBody([]string{"fileId", "chunkIndex", "totalChunks", "totalFileSize", "path", "chunk"}, chunkFields, "chunk", "The bytes of the chunk"),
		Responses:   map[string]*huma.Response{"200": s.answer(sharedChunk{}, "The chunk is there; with the last one the file is")}}
	s.stream(upload, "", s.uploadShared)
	s.stream(chunk, "", s.uploadChunk)
	upload.Path, upload.OperationID, upload.Summary = "/share/upload/{token}", "", "The same as POST /share/{token}/upload"
	chunk.Path, chunk.OperationID, chunk.Summary = "/share/upload-chunk/{token}", "", "The same as POST /share/{token}/upload/chunked"
	s.stream(upload, "", s.uploadShared)
	s.stream(chunk, "", s.uploadChunk)
}

// ShareInput is embedded in the inputs of operations on a share.
type ShareInput struct {
	Token string `path:"token" doc:"Of the share" example:"kq3vAB12cd34EF56gh78IJ90kl12MN34"`
}

type begunShare struct {
	Body struct {
		Token string `json:"token" doc:"Of the share" example:"kq3vAB12cd34EF56gh78IJ90kl12MN34"`
	}
}

func (s *server) initShare(ctx context.Context, in *struct {
	Body *struct {
		Tag         string `json:"tag,omitempty" doc:"organization/dataset; a new dataset if absent" example:"acme/site-a"`
		OrgSlug     string `json:"orgSlug,omitempty" doc:"Without a tag: the organization of the new dataset; the caller's own if absent" example:"acme"`
		DatasetName string `json:"datasetName,omitempty" doc:"Name of a new dataset" example:"Site A"`
	} `required:"false"`
}) (*begunShare, error) {
	var n catalog.NewShare
	if in.Body != nil {
		n = catalog.NewShare{Tag: in.Body.Tag, Organization: in.Body.OrgSlug, Name: in.Body.DatasetName}
	}
	token, err := s.Catalog.OpenShare(ctx, callerFrom(ctx), n)
	if err != nil {
		return nil, err
	}
	out := &begunShare{}
	out.Body.Token = token
	return out, nil
}

// batch is a share. Its entries, of which there may be many, are written one by one.
type batch struct {
	Token    string       `json:"token"`
	UserName string       `json:"userName" example:"alice"`
	Start    time.Time    `json:"start"`
	End      *time.Time   `json:"end"`
	Status   int          `json:"status" doc:"0 running, 1 committed, 2 rolled back"`
	Entries  []batchEntry `json:"entries"`
}

type batchEntry struct {
	Path    string    `json:"path" example:"flight1/DJI_0023.JPG"`
	Hash    string    `json:"hash"`
	Type    int       `json:"type" doc:"As of an entry"`
	Size    int64     `json:"size" doc:"Bytes"`
	AddedOn time.Time `json:"addedOn"`
}

func (s *server) writeBatch(ctx context.Context, out *spoolWriter, b *catalog.Batch) error {
	var head bytes.Buffer
	if err := writeJSON(&head, batch{Token: b.Token, UserName: b.UserName, Start: b.StartedAt.UTC(), End: utc(b.EndedAt), Status: int(b.Status)}); err != nil {
		return err
	}
	if _, err := out.Write(bytes.TrimSuffix(head.Bytes(), []byte("[]}"))); err != nil {
		return err
	}
	err := out.list(func(add func(any) error) error {
		return s.Catalog.BatchEntries(ctx, b, func(e catalog.SharedEntry) error {
			return add(batchEntry{e.Path, e.Hash, int(e.Type), e.Size, e.AddedAt.UTC()})
		})
	})
	if err != nil {
		return err
	}
	return out.WriteByte('}')
}

func (s *server) getShare(ctx context.Context, in *ShareInput) (*spooled, error) {
	b, err := s.Catalog.Batch(ctx, callerFrom(ctx), in.Token)
	if err != nil {
		return nil, err
	}
	return s.spool(func(out *spoolWriter) error { return s.writeBatch(ctx, out, b) })
}

func (s *server) listBatches(ctx context.Context, in *DatasetInput) (*spooled, error) {
	d, err := s.readDataset(ctx, *in)
	if err != nil {
		return nil, err
	}
	batches, err := s.Catalog.Batches(ctx, d)
	if err != nil {
		return nil, err
	}
	if !d.May(callerFrom(ctx), auth.WriteDataset) { // what is not committed is the writers' business
		batches = slices.DeleteFunc(batches, func(b *catalog.Batch) bool { return b.Status == catalog.BatchRunning })
	}
	return s.spool(func(out *spoolWriter) error {
		if err := out.WriteByte('['); err != nil {
			return err
		}
		for i, b := range batches {
			if i > 0 {
				if err := out.WriteByte(','); err != nil {
					return err
				}
			}
			if err := s.writeBatch(ctx, out, b); err != nil {
				return err
			}
		}
		return out.WriteByte(']')
	})
}

// sharedFile is the answer to a file of a share.
type sharedFile struct {
	Hash string `json:"hash" doc:"SHA-256"`
	Size int64  `json:"size" doc:"Bytes"`
	Path string `json:"path"`
}

func (s *server) uploadShared(w http.ResponseWriter, r *http.Request) error {
	form := uploadForm{file: "file", fields: map[string]string{"path": ""}}
	b, content, err := s.receiveShared(w, r, form)
	if err != nil {
		return err
	}
	if form.fields["path"] == "" {
		return cairn.Errorf(cairn.Invalid, "Say in the field path where to put the file.")
	}
	e, err := s.Federation.ShareFile(r.Context(), b, form.fields["path"], *content)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/json")
	return ignoreGone(r, writeJSON(w, sharedFile{e.Hash, e.Size, e.Path}))
}

// receiveShared stores what comes for the share that the request names.
func (s *server) receiveShared(w http.ResponseWriter, r *http.Request, form uploadForm) (b *catalog.Batch, content *catalog.Content, err error) {
	ctx := r.Context()
	if err := auth.Decide(callerFrom(ctx), auth.BeSomebody, auth.Facts{}); err != nil {
		return nil, nil, err
	}
	if b, err = s.Catalog.OpenBatch(ctx, callerFrom(ctx), param(r, "token")); err != nil {
		return nil, nil, err
	}
	err = s.Federation.Receiving(ctx, b, func() error {
		content, err = s.receive(w, r, b.Dataset, form)
		return err
	})
	if err == nil && content == nil {
		err = errNoFile(form.file)
	}
	return b, content, err
}

var chunkFields = map[string]string{
	"fileId": "The client's name for the file: up to 64 letters, digits, - and _", "chunkIndex": "From 0", "totalChunks": "Number of chunks",
	"totalFileSize": "Bytes of the whole file", "fileName": "Not used", "path": "Where the file goes in the dataset", "chunkMd5": "MD5 of the chunk in hexadecimal; checked if it is there",
}

// sharedChunk is the answer to a chunk. The last one has the file's path, hash and size.
type sharedChunk struct {
	FileID        string  `json:"fileId"`
	ReceivedChunk int     `json:"receivedChunk"`
	Success       bool    `json:"success"`
	IsComplete    bool    `json:"isComplete"`
	Hash          *string `json:"hash" doc:"SHA-256 of the file; null until it is complete"`
	Size          int64   `json:"size" doc:"Bytes of the file; 0 until it is complete"`
	Path          string  `json:"path,omitempty" doc:"Of the file, when it is complete"`
}

func (s *server) uploadChunk(w http.ResponseWriter, r *http.Request) error {
	sum := md5.New()
	form := uploadForm{file: "chunk", also: sum, fields: map[string]string{
		"path": "", "fileId": "", "chunkIndex": "", "totalChunks": "", "totalFileSize": "", "chunkMd5": ""}}
	b, content, err := s.receiveShared(w, r, form)
	if err != nil {
		return err
	}
	file, position, err := chunkOf(form.fields)
	if err != nil {
		return err
	}
	if want := form.fields["chunkMd5"]; want != "" && !strings.EqualFold(want, hex.EncodeToString(sum.Sum(nil))) {
		return cairn.Errorf(cairn.Invalid, "The chunk %d of %q arrived damaged: its MD5 is another. Send it again.", position, file.Path)
	}
	e, err := s.Federation.ShareChunk(r.Context(), b, file, position, *content)
	if err != nil {
		return err
	}
	answer := sharedChunk{FileID: file.ID, ReceivedChunk: position, Success: true}
	if e != nil {
		answer.IsComplete, answer.Hash, answer.Size, answer.Path = true, &e.Hash, e.Size, e.Path
	}
	w.Header().Set("Content-Type", "application/json")
	return ignoreGone(r, writeJSON(w, answer))
}

var fileIDForm = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)

// maxChunks bounds how many chunks a file may have.
const maxChunks = 100_000

// chunkOf reads the fields of a chunk.
func chunkOf(fields map[string]string) (file catalog.ChunkedFile, position int, err error) {
	file.ID = fields["fileId"]
	if !fileIDForm.MatchString(file.ID) {
		return file, 0, cairn.Errorf(cairn.Invalid, "fileId has 1 to 64 letters, digits, - and _.")
	}
	if file.Path, err = catalog.CleanPath(fields["path"]); err != nil {
		return file, 0, err
	}
	size, sizeErr := strconv.ParseInt(fields["totalFileSize"], 10, 64)
	chunks, chunksErr := strconv.Atoi(fields["totalChunks"])
	position, positionErr := strconv.Atoi(fields["chunkIndex"])
	switch {
	case sizeErr != nil || size <= 0:
		err = cairn.Errorf(cairn.Invalid, "totalFileSize is the number of bytes of the file, more than 0.")
	case chunksErr != nil || chunks < 1 || chunks > maxChunks:
		err = cairn.Errorf(cairn.Invalid, "totalChunks is the number of chunks, from 1 to %d.", maxChunks)
	case positionErr != nil || position < 0 || position >= chunks:
		err = cairn.Errorf(cairn.Invalid, "chunkIndex is from 0 to one less than totalChunks.")
	}
	file.Size, file.Chunks = size, chunks
	return file, position, err
}

type committedShare struct {
	URL string `json:"url" doc:"Of the dataset's page, below the server's address" example:"/r/acme/site-a"`
	Tag string `json:"tag" example:"acme/site-a"`
}

func (s *server) commitShare(ctx context.Context, in *ShareInput) (*struct{ Body committedShare }, error) {
	b, err := s.Catalog.Batch(ctx, callerFrom(ctx), in.Token)
	if err != nil {
		return nil, err
	}
	switch {
	case b.Status == catalog.BatchCommitted && b.Slug == "":
		return nil, cairn.Errorf(cairn.NotFound, "The dataset was deleted since this share was committed.")
	case b.Status != catalog.BatchCommitted: // a repeated commit is answered like the first
		if b, err = s.Catalog.OpenBatch(ctx, callerFrom(ctx), in.Token); err != nil {
			return nil, err
		}
		if err := s.Federation.CommitShare(ctx, b); err != nil {
			return nil, err
		}
	}
	tag := b.Organization + "/" + b.Slug
	return &struct{ Body committedShare }{committedShare{"/r/" + tag, tag}}, nil
}

func (s *server) rollBackShare(ctx context.Context, in *ShareInput) (*struct{}, error) {
	b, err := s.Catalog.Batch(ctx, callerFrom(ctx), in.Token)
	if err != nil {
		return nil, err
	}
	return nil, s.Catalog.RollBack(ctx, b)
}
