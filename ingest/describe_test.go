package ingest

import (
	"bytes"
	"fmt"
	"image"
	"image/jpeg"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/cairngeo/cairn/catalog"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// ply is a header with these lines.
func ply(lines ...string) string {
	return "ply\nformat ascii 1.0\n" + strings.Join(lines, "\n") + "\nend_header\n"
}

func properties(names ...string) string {
	return "element vertex 1\nproperty float " + strings.Join(names, "\nproperty float ")
}

// The tables 1.2 and 1.3, items 9, 13 and 19 to 25 of the checklist.
func TestTypes(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	for name, want := range map[string]catalog.EntryType{
		"X.MD": catalog.Markdown, "x.LAZ": catalog.PointCloud, "x.copc.laz": catalog.PointCloud, "a.las": catalog.PointCloud, "a.e57": catalog.PointCloud,
		"a.pts": catalog.PointCloud, "a.xyz": catalog.PointCloud, "a.spz": catalog.GaussianSplat, "a.splat": catalog.GaussianSplat, "a.ksplat": catalog.GaussianSplat,
		"a.obj": catalog.Model, "a.gltf": catalog.Model, "a.glb": catalog.Model, "a.3tz": catalog.Tiles3D,
		"a.geojson": catalog.Vector, "a.dxf": catalog.Vector, "a.dwg": catalog.Vector, "a.shp": catalog.Vector, "a.shz": catalog.Vector, "a.fgb": catalog.Vector,
		"a.topojson": catalog.Vector, "a.kml": catalog.Vector, "a.kmz": catalog.Vector, "a.gpkg": catalog.Vector,
		"a.json": catalog.Generic, "a.csv": catalog.Generic, "a.prj": catalog.Generic, "a.dbf": catalog.Generic, "a.shx": catalog.Generic, "a.cpg": catalog.Generic,
		"a.stl": catalog.Generic, "a.fbx": catalog.Generic, "a.zip": catalog.Generic, "a.txt": catalog.Generic, "a.pdf": catalog.Generic, "a.gpx": catalog.Generic,
		"md": catalog.Generic, "a.md.bak": catalog.Generic, "folder.md/file": catalog.Generic,
		"broken.jpg": catalog.Image, "broken.tif": catalog.Image, "broken.webp": catalog.Image, "broken.mp4": catalog.Video, "broken.MKV": catalog.Video,
	} {
		assert.Equal(t, want.String(), f.upload(t, name, `{"type":"FeatureCollection","features":[]}`).Type.String(), name)
	}
}

func TestTypesOfPLY(t *testing.T) {
	t.Parallel()
	splat := []string{"scale_0", "scale_1", "scale_2", "rot_0", "rot_1", "rot_2", "rot_3", "opacity"}
	for content, want := range map[string]catalog.EntryType{
		ply("element face 10"): catalog.Model, ply("element face 0"): catalog.Model,
		ply("comment TextureFile a.png", "element face 10"):      catalog.Generic,
		ply("comment TextureFile a.png", properties("x")):        catalog.PointCloud,
		ply(properties("x", "y", "z")):                           catalog.PointCloud,
		ply(properties("x", "f_dc_0")):                           catalog.GaussianSplat,
		ply(properties(splat...)):                                catalog.GaussianSplat,
		ply(properties(splat[1:]...)):                            catalog.PointCloud,
		ply(properties("f_dc_0"), "element face 1"):              catalog.Model,
		strings.ReplaceAll(ply("element face 10"), "\n", "\r\n"): catalog.Model,
		"PLY\nelement face 1\nend_header\n":                      catalog.Generic,
		" ply\nend_header\n":                                     catalog.Generic,
		"":                                                       catalog.Generic,
		"ply\n":                                                  catalog.Generic,
		"ply\n" + strings.Repeat("comment x\n", 511) + "end_header\n":            catalog.Generic,
		"ply\n" + strings.Repeat("comment x\n", 509) + "end_header\n":            catalog.PointCloud,
		"ply\ncomment " + strings.Repeat("x", 1<<20) + "\nend_header\n":          catalog.Generic,
		"ply\nelement vertex 1\nend_header\n\xff\xfe\x00 binary\nelement face 1": catalog.PointCloud,
	} {
		assert.Equal(t, want.String(), plyType(strings.NewReader(content)).String(), "%.60q", content)
	}
	f := newFixture(t)
	assert.Equal(t, catalog.Model, f.upload(t, "mesh.PLY", ply("element face 10")).Type)
	assert.Equal(t, catalog.Generic, f.upload(t, "not.ply", "solid").Type)
}

// Items 10 to 12, 14 and 15, with files made by GDAL and the standard library.
func TestTypesOfRastersAndImages(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	dir := t.TempDir()
	var plain bytes.Buffer
	require.NoError(t, png.Encode(&plain, image.NewGray(image.Rect(0, 0, 40, 30))))
	source := filepath.Join(dir, "plain.png")
	require.NoError(t, os.WriteFile(source, plain.Bytes(), 0o600))
	for name, c := range map[string]struct {
		options []string
		want    catalog.EntryType
	}{
		"crs.tif":       {[]string{"-a_srs", "EPSG:32632", "-a_ullr", "500000", "5000000", "500040", "4999970"}, catalog.GeoRaster},
		"transform.tif": {[]string{"-a_ullr", "500000", "5000000", "500040", "4999970"}, catalog.Image},
		"gcp.tif":       {[]string{"-a_srs", "EPSG:4326", "-gcp", "0", "0", "9", "45", "-gcp", "40", "0", "9.1", "45", "-gcp", "0", "30", "9", "44.9"}, catalog.Image},
		"plain.TIFF":    {nil, catalog.Image},
	} {
		made := filepath.Join(dir, name)
		out, err := exec.Command("gdal_translate", append(append([]string{"-q", "-of", "GTiff"}, c.options...), source, made)...).CombinedOutput()
		require.NoError(t, err, string(out))
		content, err := os.ReadFile(made)
		require.NoError(t, err)
		assert.Equal(t, c.want.String(), f.upload(t, name, string(content)).Type.String(), name)
	}
	assert.Equal(t, 1, f.count(t, `select count(*) from tasks where path = 'crs.tif' and state = 'Enqueued'`))
	assert.Equal(t, 1, f.count(t, `select count(*) from tasks`))

	for width, want := range map[int]catalog.EntryType{4000: catalog.Panorama, 3999: catalog.Image} {
		var photo bytes.Buffer
		require.NoError(t, jpeg.Encode(&photo, image.NewGray(image.Rect(0, 0, width, 2000)), &jpeg.Options{Quality: 1}))
		assert.Equal(t, want.String(), f.upload(t, fmt.Sprint(width, ".jpg"), photo.String()).Type.String())
	}
}

// A file on disk is described as the same file in the store.
func TestDescribeFile(t *testing.T) {
	t.Parallel()
	location := filepath.Join(t.TempDir(), "hash")
	for name, want := range map[string]catalog.EntryType{"a.ply": catalog.PointCloud, "b.md": catalog.Markdown, "c.tif": catalog.Image, "d.jpg": catalog.Image, "e": catalog.Generic} {
		require.NoError(t, os.WriteFile(location, []byte(ply("element vertex 1")), 0o644))
		got, err := DescribeFile(t.Context(), location, name)
		require.NoError(t, err)
		assert.Equal(t, want, got.Type, name)
	}
	_, err := DescribeFile(t.Context(), filepath.Join(t.TempDir(), "gone"), "a.jpg")
	require.ErrorIs(t, err, os.ErrNotExist)
}
