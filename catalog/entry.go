package catalog

import "github.com/twpayne/go-geom"

// EntryType says what an entry is. The numbers are part of the API.
type EntryType int

// The entry types.
const (
	Undefined EntryType = iota
	Directory
	Generic
	GeoImage
	GeoRaster
	PointCloud
	Image
	DroneDB // the dataset itself
	Markdown
	Video
	GeoVideo
	Model
	Panorama
	GeoPanorama
	Vector
	GaussianSplat
	Tiles3D
)

var entryTypeNames = [...]string{
	"Undefined", "Directory", "Generic", "GeoImage", "GeoRaster", "PointCloud", "Image", "DroneDB", "Markdown",
	"Video", "GeoVideo", "Model", "Panorama", "GeoPanorama", "Vector", "GaussianSplat", "Tiles3D",
}

// String returns the type's name, or "?" for a code that is not known.
func (t EntryType) String() string {
	if t < 0 || int(t) >= len(entryTypeNames) {
		return "?"
	}
	return entryTypeNames[t]
}

// SRID is the coordinate reference system of every geometry in the catalog: WGS 84, longitude before latitude.
const SRID = 4326

// Description is what Cairn learns from a file's content.
type Description struct {
	Type       EntryType
	Properties map[string]any // nil when there are none
	Point      *geom.Point    // position in degrees and metres (XYZ), nil when unknown
	Polygon    *geom.Polygon  // footprint or extent (XYZ), one closed ring, nil when unknown
}

// Content is stored bytes.
type Content struct {
	Hash string // SHA-256 in lower-case hex
	Size int64  // bytes
}

// Entry is one row of a dataset: a file or a folder.
type Entry struct {
	Path  string // relative to the dataset, "/" between segments
	Hash  string // SHA-256 of the content in lower-case hex, empty for folders
	MTime int64  // Unix seconds at which the server received the content
	Size  int64  // bytes
	Description
}
