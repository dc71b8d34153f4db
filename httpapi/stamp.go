package httpapi

import (
	"context"
	"net/http"
	"strings"

	"github.com/cairngeo/cairn/catalog"
	"github.com/danielgtaylor/huma/v2"
)

// stamp is what a client compares its copy of a dataset with. It is written
// piece by piece; the type is for the document.
type stamp struct {
	Checksum string              `json:"checksum" doc:"SHA-256 over paths, hashes and ids in the order given, without separators" example:"d05134833d7b97ac5f910fdec66bc7d8f85609909d3d7db2c25471e3e52b7b18"`
	Entries  []map[string]string `json:"entries" doc:"The hash of each path, empty for folders; ordered by the bytes of the paths"`
	Meta     []string            `json:"meta" doc:"Ids of metadata, without what the server made for the dataset's settings; ordered"`
}

func (s *server) registerStamp() {
	register(s.api, huma.Operation{Method: http.MethodGet, Path: "/orgs/{org}/ds/{ds}/stamp", Summary: "Get the stamp by which copies of a dataset are compared",
		Tags: []string{"Datasets"}, Responses: spooledAs[stamp](s.api, "The stamp")}, s.getStamp)
}

const beforeChecksum = `{"checksum":"`

// writeStamp writes the stamp with room for the checksum, which comes first
// and is known last.
func writeStamp(out *spoolWriter, stamp *catalog.Stamp) error {
	if _, err := out.WriteString(beforeChecksum + strings.Repeat("0", 64) + `","entries":`); err != nil {
		return err
	}
	err := out.list(func(add func(any) error) error {
		return stamp.Entries(func(path, hash string) error { return add(map[string]string{path: hash}) })
	})
	if err != nil {
		return err
	}
	if _, err := out.WriteString(`,"meta":`); err != nil {
		return err
	}
	err = out.list(func(add func(any) error) error {
		return stamp.Records(func(id string) error { return add(id) })
	})
	if err != nil {
		return err
	}
	return out.WriteByte('}')
}

func (s *server) getStamp(ctx context.Context, in *DatasetInput) (*spooled, error) {
	d, err := s.readDataset(ctx, *in)
	if err != nil {
		return nil, err
	}
	var checksum string
	out, err := s.spool(func(out *spoolWriter) error {
		checksum, err = s.Catalog.Stamp(ctx, d, func(stamp *catalog.Stamp) error { return writeStamp(out, stamp) })
		if err != nil {
			return err
		}
		return out.overwrite(int64(len(beforeChecksum)), checksum)
	})
	if err != nil {
		return nil, err
	}
	out.ETag = `"` + checksum + `"`
	return out, nil
}
