package image

import (
	"fmt"
	"sync"
	"time"

	"github.com/ringsaturn/tzf"
)

// zones finds the time zone of a position in simplified polygons that cover
// the Earth, seas included. Loading takes half a second and 30 MB, once, when
// the first photo without GPS time and offset is met.
var zones = sync.OnceValues(tzf.NewDefaultFinder)

// zoneAt is the civil time zone at a position, UTC when it is not located.
func zoneAt(at position, located bool) (*time.Location, error) {
	if !located {
		return time.UTC, nil
	}
	finder, err := zones()
	if err != nil {
		return nil, fmt.Errorf("loading the time zone map: %w", err)
	}
	name := finder.GetTimezoneName(at.lon, at.lat)
	if name == "" {
		return time.UTC, nil
	}
	zone, err := time.LoadLocation(name)
	if err != nil {
		return nil, fmt.Errorf("loading the time zone %s: %w", name, err)
	}
	return zone, nil
}
