package demo

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"path/filepath"
	"slices"
	"time"

	"github.com/airbusgeo/godal"
)

// photo is one exposure of a camera that looks straight down.
type photo struct {
	at     point   // the middle of what it shows
	height float64 // m above take-off
	yaw    float64 // degrees clockwise from north, of the upper edge
}

// Two flight lines, north and back.
var photos = []photo{
	{point{95, 75}, 60, 0}, {point{95, 150}, 58.5, 4.2}, {point{95, 222}, 61.2, -3.1},
	{point{205, 222}, 62.4, 178.6}, {point{205, 150}, 60.7, -175.3}, {point{205, 78}, 57.3, 181.9 - 360},
}

// The camera, which is in Cairn's table of sensors.
const (
	sensorWidth  = 6.16                       // mm
	focal35      = 20.0                       // mm, as if the sensor were 36 mm wide
	focalLength  = focal35 / 36 * sensorWidth // mm
	photoWidth   = 1200                       // pixels
	photoHeight  = 900                        // pixels
	photoQuality = "QUALITY=88"               // of JPEG, 1 to 100
)

// takenAt is the time of the first photo; the others follow every 12 seconds.
var takenAt = time.Date(2025, time.July, 12, 8, 41, 7, 0, time.UTC)

// metresPerPixel is the size of a pixel on the ground.
func (p photo) metresPerPixel() float64 {
	return p.height * 36 / focal35 / photoWidth
}

// look samples the orthophoto as the camera sees it.
func (p photo) look(orthophoto *raster) *raster {
	seen := newRaster(photoWidth, photoHeight)
	yaw := p.yaw * math.Pi / 180
	for row := range photoHeight {
		for column := range photoWidth {
			right := (float64(column) + 0.5 - photoWidth/2) * p.metresPerPixel()
			up := (photoHeight/2 - float64(row) - 0.5) * p.metresPerPixel()
			offset := point{right, up}.turned(yaw) // clockwise on the ground
			seen.set(column, row, orthophoto.between(point{p.at.x + offset.x, p.at.y + offset.y}))
		}
	}
	return seen
}

// between is the colour of the orthophoto at p, bilinear between its pixels.
func (r *raster) between(p point) colour {
	x := min(max(p.x/resolution-0.5, 0), float64(r.width-2))
	y := min(max((extent-p.y)/resolution-0.5, 0), float64(r.height-2))
	column, row := int(x), int(y)
	var c colour
	for i := range c {
		upper := mix(float64(r.pixel(column, row)[i]), float64(r.pixel(column+1, row)[i]), x-float64(column))
		lower := mix(float64(r.pixel(column, row+1)[i]), float64(r.pixel(column+1, row+1)[i]), x-float64(column))
		c[i] = mix(upper, lower, y-float64(row))
	}
	return c
}

func writePhotos(ctx context.Context, dir string, orthophoto *raster) error {
	for i, p := range photos {
		if err := ctx.Err(); err != nil {
			return err
		}
		path := filepath.Join(dir, fmt.Sprintf("DJI_%04d.jpg", i+1))
		longitude, latitude, err := geographic(p.at)
		if err != nil {
			return err
		}
		taken := takenAt.Add(time.Duration(i) * 12 * time.Second)
		if err := writeJPEG(path, p.look(orthophoto), p.exif(longitude, latitude, taken)); err != nil {
			return fmt.Errorf("write %s: %w", path, err)
		}
		if err := insertXMP(path, p.xmp()); err != nil {
			return fmt.Errorf("write %s: %w", path, err)
		}
	}
	return nil
}

// geographic is the position of p in degrees on WGS 84.
func geographic(p point) (longitude, latitude float64, err error) {
	utm, err := godal.NewSpatialRefFromEPSG(utmZone32N)
	if err != nil {
		return 0, 0, err
	}
	defer utm.Close()
	wgs84, err := godal.NewSpatialRefFromEPSG(4326)
	if err != nil {
		return 0, 0, err
	}
	defer wgs84.Close()
	toDegrees, err := godal.NewTransform(utm, wgs84)
	if err != nil {
		return 0, 0, err
	}
	defer toDegrees.Close()
	x, y := []float64{originEast + p.x}, []float64{originNorth + p.y}
	err = toDegrees.TransformEx(x, y, nil, nil)
	return x[0], y[0], err
}

// writeJPEG writes the picture with EXIF tags, by GDAL's names for them.
func writeJPEG(path string, picture *raster, tags map[string]string) (err error) {
	memory, err := godal.Create(godal.Memory, "", 3, godal.Byte, picture.width, picture.height)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, memory.Close()) }()
	if err := memory.Write(0, 0, picture.rgb, picture.width, picture.height); err != nil {
		return err
	}
	for _, tag := range slices.Sorted(maps.Keys(tags)) { // the same file every time
		if err := memory.SetMetadata("EXIF_"+tag, tags[tag]); err != nil {
			return err
		}
	}
	jpeg, err := memory.Translate(path, []string{"-of", "JPEG"},
		godal.CreationOption(photoQuality), godal.ConfigOption("GDAL_PAM_ENABLED=NO"))
	if err != nil {
		return err
	}
	return jpeg.Close()
}
