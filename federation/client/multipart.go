package client

import (
	"bytes"
	"io"
	"mime/multipart"

	"github.com/cairngeo/cairn"
)

// File is what is uploaded. It is opened again for each try.
type File struct {
	Name     string // shown to people; the path says where the file goes
	Size     int64
	Open     func() (io.ReadCloser, error)
	Progress func(sent int64) // called with the bytes that went out since the last call, with less than 0 when a try failed; may be nil
}

// multipartOf makes a body of fields, pairs of name and value, and a file in
// the part that is called part. The fields come first, so that the server knows
// where the file belongs before it comes.
func multipartOf(part string, f File, fields ...string) (body, error) {
	var frame bytes.Buffer
	parts := multipart.NewWriter(&frame)
	for i := 0; i < len(fields); i += 2 {
		if err := parts.WriteField(fields[i], fields[i+1]); err != nil {
			return body{}, err
		}
	}
	if _, err := parts.CreateFormFile(part, f.Name); err != nil {
		return body{}, err
	}
	head := bytes.Clone(frame.Bytes())
	frame.Reset()
	if err := parts.Close(); err != nil {
		return body{}, err
	}
	tail := frame.Bytes()

	var counted int64 // by the last try
	return body{
		kind:   parts.FormDataContentType(),
		length: int64(len(head)+len(tail)) + f.Size,
		open: func() (io.ReadCloser, error) {
			content, err := f.Open()
			if err != nil {
				return nil, err
			}
			if f.Progress != nil && counted > 0 {
				f.Progress(-counted)
			}
			counted = 0
			file := &exact{content, f, f.Size, &counted}
			return struct {
				io.Reader
				io.Closer
			}{io.MultiReader(bytes.NewReader(head), file, bytes.NewReader(tail)), content}, nil
		},
	}, nil
}

// exact is a file that must have the size that was announced.
type exact struct {
	io.Reader
	file    File
	left    int64
	counted *int64
}

func (e *exact) Read(p []byte) (int, error) {
	n, err := e.Reader.Read(p)
	e.left -= int64(n)
	*e.counted += int64(n)
	if e.file.Progress != nil {
		e.file.Progress(int64(n))
	}
	if e.left < 0 || err == io.EOF && e.left > 0 {
		return 0, cairn.Errorf(cairn.Invalid, "%s was changed while it was being sent. Do the same again.", e.file.Name)
	}
	return n, err
}
