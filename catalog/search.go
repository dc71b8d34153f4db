package catalog

import (
	"context"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/cairngeo/cairn"
	"github.com/cairngeo/cairn/auth"
	"github.com/google/uuid"
	"github.com/paulmach/orb"
)

// Search is what a STAC search asks for beside collections. Zero values ask for nothing.
type Search struct {
	Box      *orb.Bound // west may be greater than east: across the 180th meridian
	From, To *time.Time
	Paths    []string // of items
}

func (s *Search) empty() bool {
	return s.Box == nil && s.From == nil && s.To == nil && s.Paths == nil
}

// maxSearchList bounds the collections and ids of a search.
const maxSearchList = 1000

// ParseSearch reads the parameters of a STAC search as they stand in a query.
func ParseSearch(bbox, datetime, ids string) (s Search, err error) {
	if s.Box, err = parseBox(bbox); err != nil {
		return s, err
	}
	if s.From, s.To, err = parseInterval(datetime); err != nil {
		return s, err
	}
	list, err := searchList("ids", ids)
	if err != nil || list == nil {
		return s, err
	}
	s.Paths = []string{}
	for _, id := range list {
		if path, err := ItemPath(id); err == nil { // other items there are not
			s.Paths = append(s.Paths, path)
		}
	}
	return s, nil
}

func searchList(name, text string) ([]string, error) {
	if text == "" {
		return nil, nil
	}
	list := strings.Split(text, ",")
	if len(list) > maxSearchList {
		return nil, cairn.Errorf(cairn.Invalid, "%s may name up to %d.", name, maxSearchList)
	}
	return list, nil
}

// parseBox reads four numbers, or six, of which heights don't count.
func parseBox(text string) (*orb.Bound, error) {
	if text == "" {
		return nil, nil
	}
	wrong := cairn.Errorf(cairn.Invalid, "bbox must be west,south,east,north in degrees, with south not above north.")
	parts := strings.Split(text, ",")
	if len(parts) != 4 && len(parts) != 6 {
		return nil, wrong
	}
	numbers := make([]float64, len(parts))
	for i, part := range parts {
		v, err := strconv.ParseFloat(strings.TrimSpace(part), 64)
		if err != nil || math.IsNaN(v) || math.IsInf(v, 0) {
			return nil, wrong
		}
		numbers[i] = v
	}
	half := len(numbers) / 2
	b := orb.Bound{Min: orb.Point{numbers[0], numbers[1]}, Max: orb.Point{numbers[half], numbers[half+1]}}
	if b.Min[1] > b.Max[1] || b.Min[1] < -90 || b.Max[1] > 90 || math.Abs(b.Min[0]) > 180 || math.Abs(b.Max[0]) > 180 {
		return nil, wrong
	}
	return &b, nil
}

// parseInterval reads a time of RFC 3339, or two with a slash between, of which
// one may be open: empty or two dots.
func parseInterval(text string) (from, to *time.Time, err error) {
	if text == "" {
		return nil, nil, nil
	}
	wrong := cairn.Errorf(cairn.Invalid, "datetime must be a time like 2024-05-01T12:00:00Z, or an interval like 2024-05-01T00:00:00Z/.. .")
	read := func(part string) (*time.Time, error) {
		if part == "" || part == ".." {
			return nil, nil
		}
		t, err := time.Parse(time.RFC3339, strings.ToUpper(part))
		if err != nil || t.Year() < 1 {
			return nil, wrong
		}
		return &t, nil
	}
	first, second, interval := strings.Cut(text, "/")
	if from, err = read(first); err != nil {
		return nil, nil, err
	}
	if to = from; interval {
		if to, err = read(second); err != nil {
			return nil, nil, err
		}
	}
	if from == nil && to == nil || from != nil && to != nil && from.After(*to) {
		return nil, nil, wrong
	}
	return from, to, nil
}

// narrow keeps what the search asks for.
func (s *Search) narrow(q *rasterQuery) {
	if s.Box != nil {
		b := *s.Box
		if b.Min[0] > b.Max[0] {
			b.Max[0] += 360
		}
		q.touching("e.polygon_geom", b)
	}
	if s.From != nil {
		q.where = append(q.where, takenSQL+` >= extract(epoch from `+q.arg(*s.From)+`)`)
	}
	if s.To != nil {
		q.where = append(q.where, takenSQL+` <= extract(epoch from `+q.arg(*s.To)+`)`)
	}
	if s.Paths != nil {
		q.where = append(q.where, `e.path = any(`+q.arg(s.Paths)+`)`)
	}
}

// Searched returns the ids of the datasets that a STAC search of the caller
// goes through: those that are listed to it, of these only the collections that
// are named, separated by commas, if any are.
func (c *Catalog) Searched(ctx context.Context, caller auth.Caller, collections string) ([]uuid.UUID, error) {
	names, err := searchList("collections", collections)
	if err != nil {
		return nil, err
	}
	type question struct {
		searchedBy  uuid.UUID
		collections string
	}
	if err := auth.Decide(caller, auth.Browse, auth.Facts{}); err != nil {
		return nil, err
	}
	return recall(c.known, question{caller.ID(), collections}, func() ([]uuid.UUID, error) {
		datasets, err := c.ListedDatasets(ctx, caller)
		wanted := map[string]bool{}
		for _, name := range names {
			wanted[strings.Replace(name, ".", "/", 1)] = true
		}
		ids := []uuid.UUID{}
		for _, d := range datasets {
			if names == nil || wanted[CollectionID(d)] {
				ids = append(ids, d.ID)
			}
		}
		return ids, err
	})
}
