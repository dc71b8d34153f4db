package tiling

import (
	"context"
	"encoding/json"
	"io"
	"strconv"

	"github.com/cairngeo/cairn"
)

// recordedExtremes reads the least and the greatest stored number of a band
// from the file of statistics beside a COG, if it has them.
func (s *Server) recordedExtremes(ctx context.Context, cogKey string, band int) (low, high float64, known bool, err error) {
	object, err := s.store.Open(ctx, cogKey+".stats.json")
	if cairn.CodeOf(err) == cairn.NotFound {
		return 0, 0, false, nil
	}
	if err != nil {
		return 0, 0, false, err
	}
	defer object.Close()
	var file struct {
		Bands map[string]struct{ Min, Max float64 } `json:"bands"`
	}
	if err := json.NewDecoder(io.NewSectionReader(object, 0, min(object.Size(), maxStatistics))).Decode(&file); err != nil {
		return 0, 0, false, unreadable(err)
	}
	found, known := file.Bands[strconv.Itoa(band)]
	return found.Min, found.Max, known, nil
}
