package ingest

import (
	"context"
	"errors"
	"os"

	"github.com/cairngeo/cairn/catalog"
	"github.com/cairngeo/cairn/catalog/blob"
)

// DescribeFile finds out what a file on disk is when it is called name.
func DescribeFile(ctx context.Context, location, name string) (catalog.Description, error) {
	return describe(ctx, nil, local(location), name)
}

// source is bytes that are to be described.
type source interface {
	open(ctx context.Context) (blob.Object, error)
	location() string // for GDAL
}

type stored struct {
	store blob.Store
	key   string
}

func (s stored) open(ctx context.Context) (blob.Object, error) { return s.store.Open(ctx, s.key) }
func (s stored) location() string                              { return s.store.Location(s.key) }

// local is the name of a file.
type local string

func (l local) open(context.Context) (blob.Object, error) {
	file, err := os.Open(string(l))
	if err != nil {
		return nil, err
	}
	info, err := file.Stat()
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return localObject{file, info.Size()}, nil
}

func (l local) location() string { return string(l) }

type localObject struct {
	*os.File
	size int64
}

func (o localObject) Size() int64 { return o.size }
