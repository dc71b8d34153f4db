// Package image reads what still images and videos say about themselves:
// their size, when and where they were taken, the camera that took them and
// the ground they show.
//
// The containers (JPEG, PNG, WebP, GIF, TIFF, DNG, MP4 and QuickTime) are told
// apart by content and walked with bounded reads; pixels are never decoded.
// EXIF is read here rather than by a library because the catalog needs what
// the known ones drop: leading zeros of sub-second digits, EXIF that follows
// XMP, XMP in PNG, and the sub-images of a DNG.
package image

import (
	"context"
	"io"
	"path"
	"strings"

	"github.com/cairngeo/cairn"
	"github.com/cairngeo/cairn/catalog"
)

// Describe tells what the file called name shows. The extension of name says
// whether it is an image (jpg, jpeg, dng, png, gif, webp, tif, tiff) or a video
// (mp4, mov, webm, m4v, avi, mkv); any other is an Unsupported error.
//
// Content that can't be understood is no error: the type stays Image or Video,
// with the properties that could be read. Any other error means that reading
// r failed or that ctx ended.
func Describe(ctx context.Context, r io.ReaderAt, size int64, name string) (catalog.Description, error) {
	family, known := familyOf(name)
	if !known {
		return catalog.Description{}, cairn.Errorf(cairn.Unsupported,
			"%q is neither an image nor a video by its extension; rename it to end in .jpg, .png, .tif, .mp4 or the like", name)
	}
	src := &source{ctx: ctx, r: r, size: size}
	m := readMetadata(src)

	var d catalog.Description
	var err error
	if family == catalog.Video {
		d, err = describeVideo(m)
	} else {
		d, err = describeStill(m)
	}
	if src.err != nil {
		err = src.err
	}
	if err != nil {
		return catalog.Description{}, err
	}
	return d, nil
}

func familyOf(name string) (family catalog.EntryType, known bool) {
	switch strings.ToLower(path.Ext(name)) {
	case ".jpg", ".jpeg", ".dng", ".png", ".gif", ".webp", ".tif", ".tiff":
		return catalog.Image, true
	case ".mp4", ".mov", ".webm", ".m4v", ".avi", ".mkv":
		return catalog.Video, true
	}
	return catalog.Undefined, false
}

func describeStill(m metadata) (catalog.Description, error) {
	d := catalog.Description{Type: catalog.Image}
	if m.width > 0 && m.height > 0 {
		d.Properties = map[string]any{"width": m.width, "height": m.height}
	}
	panorama := m.height > 0 && m.width >= 2*m.height
	if panorama {
		d.Type = catalog.Panorama
	}
	if !m.hasTags() {
		return d, nil
	}

	at, located := m.position()
	taken, err := m.captureTime(at, located)
	if err != nil {
		return d, err
	}
	p := properties{}
	p.set("width", m.width, m.width > 0)
	p.set("height", m.height, m.height > 0)
	p["captureTime"] = taken
	cam := m.camera()
	pose := m.pose(cam.maker)
	p.addCamera(cam)
	p.addPose(pose)
	p.addMotion(m)
	p.addAccuracy(m)
	if panorama {
		p.addPanorama(m)
	}
	d.Properties = p

	if !located {
		return d, nil
	}
	d.Point = at.point()
	if panorama {
		d.Type = catalog.GeoPanorama
		return d, nil
	}
	d.Type = catalog.GeoImage
	if h, ok := m.xmp.number("drone-dji:RelativeAltitude"); ok {
		d.Polygon = footprint{at: at, height: h, sensorWidth: cam.sensorWidth, sensorHeight: cam.sensorHeight,
			focalLength: cam.focalLength, pose: pose}.polygon()
	}
	return d, nil
}

// maxVideoSide is the widest and highest video, in pixels, that is believed.
const maxVideoSide = 100_000

func describeVideo(m metadata) (catalog.Description, error) {
	d := catalog.Description{Type: catalog.Video}
	if !m.hasTags() {
		return d, nil
	}
	at, located := m.position()
	taken, err := m.captureTime(at, located)
	if err != nil {
		return d, err
	}
	p := properties{"captureTime": taken}
	for key, tag := range map[string]string{"width": "video:Width", "height": "video:Height"} {
		side, ok := m.xmp.integer(tag)
		p.set(key, side, ok && side >= 1 && side <= maxVideoSide)
	}
	d.Properties = p
	if located {
		d.Type, d.Point = catalog.GeoVideo, at.point()
	}
	return d, nil
}

// properties are the facts of an entry under their names in the API.
type properties map[string]any

func (p properties) set(key string, value any, known bool) {
	if known {
		p[key] = value
	}
}

func (p properties) addPanorama(m metadata) {
	p["projectionType"] = "equirectangular"
	if projection := m.xmp.text("GPano:ProjectionType"); projection != "" {
		p["projectionType"] = projection
	}
	for _, f := range []struct {
		key, tag string
		missing  int
	}{
		{"croppedWidth", "GPano:CroppedAreaImageWidthPixels", m.width},
		{"croppedHeight", "GPano:CroppedAreaImageHeightPixels", m.height},
		{"croppedX", "GPano:CroppedAreaLeftPixels", 0},
		{"croppedY", "GPano:CroppedAreaTopPixels", 0},
	} {
		p[f.key] = f.missing
		pixels, ok := m.xmp.integer(f.tag)
		p.set(f.key, pixels, ok)
	}
	for key, tag := range map[string]string{
		"poseHeading": "GPano:PoseHeadingDegrees",
		"posePitch":   "GPano:PosePitchDegrees",
		"poseRoll":    "GPano:PoseRollDegrees",
	} {
		p[key], _ = m.xmp.number(tag)
	}
}
