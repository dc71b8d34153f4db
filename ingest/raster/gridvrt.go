package raster

import (
	"encoding/xml"
	"os"
	"strings"
)

// The elements of GDAL's VRT format that a grid needs.
type (
	vrtDataset struct {
		XMLName      xml.Name  `xml:"VRTDataset"`
		Width        int       `xml:"rasterXSize,attr"`
		Height       int       `xml:"rasterYSize,attr"`
		SRS          string    `xml:"SRS"`
		GeoTransform string    `xml:"GeoTransform"`
		Bands        []vrtBand `xml:"VRTRasterBand"`
	}
	vrtBand struct {
		DataType    string    `xml:"dataType,attr"`
		Number      int       `xml:"band,attr"`
		BlockX      int       `xml:"blockXSize,attr"`
		BlockY      int       `xml:"blockYSize,attr"`
		Description string    `xml:"Description,omitempty"`
		ColorInterp string    `xml:"ColorInterp"`
		NoData      string    `xml:"NoDataValue,omitempty"`
		Offset      string    `xml:"Offset,omitempty"`
		Scale       string    `xml:"Scale,omitempty"`
		Source      vrtSource `xml:"ComplexSource"`
	}
	vrtSource struct {
		File      vrtFile `xml:"SourceFilename"`
		Band      int     `xml:"SourceBand"`
		From      vrtRect `xml:"SrcRect"`
		To        vrtRect `xml:"DstRect"`
		Component int     `xml:"ColorTableComponent,omitempty"`
	}
	vrtFile struct {
		Relative int    `xml:"relativeToVRT,attr"`
		Name     string `xml:",chardata"`
	}
	vrtRect struct {
		X      int `xml:"xOff,attr"`
		Y      int `xml:"yOff,attr"`
		Width  int `xml:"xSize,attr"`
		Height int `xml:"ySize,attr"`
	}
)

// writeGrid writes to path a GDAL virtual raster of the whole grid of p, with
// the bands of r taken from the file warped, beside it, that holds p.data. It
// is here that grey and palettes become RGB, and that what was warped around
// another meridian moves to its place.
func writeGrid(path, warped string, p plan, r recipe) error {
	x0, y0 := p.grid.origin(p.zoom)
	res := decimal(resolution(p.zoom))
	vrt := vrtDataset{
		Width: p.grid.width() * tileSize, Height: p.grid.height() * tileSize, SRS: webMercator,
		GeoTransform: strings.Join([]string{decimal(x0), res, "0", decimal(y0), "0", "-" + res}, ", "),
	}
	size := p.dataPixels()
	from := size
	from.X, from.Y = 0, 0
	for i, b := range r.bands {
		band := vrtBand{
			DataType: r.dataType, Number: i + 1, BlockX: tileSize, BlockY: tileSize, Description: b.description, ColorInterp: b.interp,
			Source: vrtSource{File: vrtFile{Relative: 1, Name: warped}, Band: b.source, From: from, To: size, Component: b.component},
		}
		if r.nodata != nil {
			band.NoData = decimal(*r.nodata)
		}
		if b.scale != 1 || b.offset != 0 {
			band.Scale, band.Offset = decimal(b.scale), decimal(b.offset)
		}
		vrt.Bands = append(vrt.Bands, band)
	}
	text, err := xml.MarshalIndent(vrt, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(path, text, 0o600)
}

// dataPixels is where the data lie within the grid, in pixels.
func (p plan) dataPixels() vrtRect {
	return vrtRect{
		X: (p.data.x0 - p.grid.x0) * tileSize, Y: (p.data.y0 - p.grid.y0) * tileSize,
		Width: p.data.width() * tileSize, Height: p.data.height() * tileSize,
	}
}
