package tiling

import (
	"context"
	"slices"

	"github.com/airbusgeo/godal"

	"github.com/cairngeo/cairn/tiling/cog"
	"github.com/cairngeo/cairn/tiling/style"
)

// Raster names the files that belong to one raster.
type Raster struct {
	COG      string // key of the COG; its statistics lie beside it
	Original string // key of the upload, whose metadata tell the sensor; "" without one
}

// character is what a COG and its original tell of the raster.
type character struct {
	bands      []bandCharacter // alpha too
	data       int             // bands but alpha
	statistics []Statistics    // of the data bands
	detection  style.Detection
	units      []string // of all bands, "" where unknown
}

type bandCharacter struct {
	style.BandFacts
	isByte bool
	limits *style.Range // what the type can hold, nil for floats
}

// characterOf finds out what a raster is, once as long as its source stays open.
func (s *Server) characterOf(ctx context.Context, src *source, raster Raster) (*character, error) {
	src.mu.Lock()
	known := src.character
	src.mu.Unlock()
	if known != nil {
		return known, nil
	}
	c := &character{data: src.dataBands()}
	var err error
	if c.statistics, err = s.statistics(ctx, src); err != nil {
		return nil, err
	}
	facts := style.Facts{Texts: slices.Clone(src.index.Texts)}
	if raster.Original != "" {
		texts, err := textsOf.Call(ctx, s.sandbox, s.store.Location(raster.Original), nil)
		if err != nil {
			return nil, err
		}
		facts.Texts = append(facts.Texts, texts...)
	}
	if c.units, err = s.unitsOf(ctx, src, raster.Original); err != nil {
		return nil, err
	}
	kind := src.index.Levels[0].Type
	for _, b := range src.index.Bands {
		c.bands = append(c.bands, bandCharacter{
			BandFacts: style.BandFacts{DataType: kind.String(), Interpretation: b.Interpretation, Description: b.Description},
			isByte:    src.bytes(), limits: limitsOf(kind),
		})
		facts.Bands = append(facts.Bands, c.bands[len(c.bands)-1].BandFacts)
	}
	c.detection = style.Detect(facts)
	src.mu.Lock()
	src.character = c
	src.mu.Unlock()
	return c, nil
}

// texts are all metadata of the raster and its bands, as key=value.
func (r *raster) texts() []string {
	var texts []string
	collect := func(domains []string, in func(...godal.MetadataOption) map[string]string) {
		for _, domain := range domains {
			if domain == "DERIVED_SUBDATASETS" { // the name of the file
				continue
			}
			for key, value := range in(godal.Domain(domain)) {
				texts = append(texts, key+"="+value)
			}
		}
	}
	collect(append(r.ds.MetadataDomains(), ""), r.ds.Metadatas)
	for _, b := range r.ds.Bands() {
		collect(append(b.MetadataDomains(), ""), b.Metadatas)
	}
	slices.Sort(texts)
	return slices.Compact(texts)
}

// typeNamed is the type that GDAL calls so.
func typeNamed(name string) cog.Type {
	for _, t := range []cog.Type{cog.Uint8, cog.Uint16, cog.Int16, cog.Uint32, cog.Int32} {
		if t.String() == name {
			return t
		}
	}
	return cog.Float64
}

// limitsOf is what numbers of a type can be.
func limitsOf(kind cog.Type) *style.Range {
	switch kind {
	case cog.Uint8:
		return &style.Range{Low: 0, High: 1<<8 - 1}
	case cog.Uint16:
		return &style.Range{Low: 0, High: 1<<16 - 1}
	case cog.Int16:
		return &style.Range{Low: -1 << 15, High: 1<<15 - 1}
	case cog.Uint32:
		return &style.Range{Low: 0, High: 1<<32 - 1}
	case cog.Int32:
		return &style.Range{Low: -1 << 31, High: 1<<31 - 1}
	}
	return nil
}
