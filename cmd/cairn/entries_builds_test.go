package main

import (
	"math"
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"github.com/airbusgeo/godal"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// cogOf is the address of the COG of a.tif.
func (c client) cogOf(t *testing.T, ds string) string {
	t.Helper()
	return ds + "/build/" + *c.awaitBuilt(t, ds, "a.tif").Hash + "/cog/cog.tif"
}

// openCOG downloads the COG of a.tif and opens it with GDAL.
func (c client) openCOG(t *testing.T, ds string) *godal.Dataset {
	t.Helper()
	a := c.get(t, c.cogOf(t, ds))
	require.Equal(t, http.StatusOK, a.status, "%s", a.body)
	name := filepath.Join(t.TempDir(), "cog.tif")
	require.NoError(t, os.WriteFile(name, a.body, 0o600))
	cog, err := godal.Open(name)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, cog.Close()) })
	return cog
}

// compression is what GDAL calls the codec.
func compression(cog *godal.Dataset) string {
	return cog.Metadata("COMPRESSION", godal.Domain("IMAGE_STRUCTURE"))
}

func ramp(u, _ float64) float64 { return 100 + 50*u }

// floats is a raster of one band of floats.
func floats(nodata *float64) dataRaster {
	return dataRaster{kind: godal.Float32, nodata: nodata, bands: []func(u, v float64) float64{
		func(u, v float64) float64 {
			if nodata != nil && u < 0.5 && v < 0.5 {
				return *nodata
			}
			return ramp(u, v)
		}}}
}

var rasterBuildStatements = []statement{
	{number: 59, says: "a COG has the grid's coordinate system, tiles, pixels and overviews", holds: func(t *testing.T) {
		c := server(t)
		for name, content := range map[string][]byte{"entries59-visual": geotiff(t, rasterSize), "entries59-data": floats(nil).geotiff(t)} {
			cog := c.openCOG(t, c.raster(t, name, content))
			assert.Equal(t, "3857", cog.SpatialRef().AuthorityCode(""))
			assert.Equal(t, 256, cog.Structure().BlockSizeX)
			assert.Equal(t, 256, cog.Structure().BlockSizeY)
			assert.NotEmpty(t, cog.Bands()[0].Overviews())
			at, err := cog.GeoTransform()
			require.NoError(t, err)
			zoom := math.Log2(2 * math.Pi * 6378137 / 256 / at[1])
			nearly(t, math.Round(zoom), zoom, 1e-9)
		}
	}},
	{number: 60, says: "pictures are WebP, numbers lossless", holds: func(t *testing.T) {
		c := server(t)
		assert.Equal(t, "WEBP", compression(c.openCOG(t, c.raster(t, "entries60-visual", geotiff(t, rasterSize)))))
		assert.Equal(t, "ZSTD", compression(c.openCOG(t, c.raster(t, "entries60-data", floats(nil).geotiff(t)))))
	}},
	{number: 61, says: "four bands of which none is alpha are lossless", holds: func(t *testing.T) {
		c := server(t)
		four := dataRaster{kind: godal.Byte, bands: []func(u, v float64) float64{everywhere(1), everywhere(20), everywhere(100), everywhere(255)}}
		drawn := filepath.Join(t.TempDir(), "four.tif")
		require.NoError(t, os.WriteFile(drawn, four.geotiff(t), 0o600))
		asAlpha, err := godal.Open(drawn) // GDAL takes the fourth of four bands for alpha
		require.NoError(t, err)
		defer asAlpha.Close()
		plain, err := asAlpha.Translate(drawn+".plain.tif", []string{"-colorinterp", "gray,undefined,undefined,undefined", "-co", "PHOTOMETRIC=MINISBLACK", "-co", "ALPHA=NO"})
		require.NoError(t, err)
		require.NoError(t, plain.Close())
		content, err := os.ReadFile(drawn + ".plain.tif")
		require.NoError(t, err)
		cog := c.openCOG(t, c.raster(t, "entries61", content))
		assert.Equal(t, "ZSTD", compression(cog))
		require.Equal(t, 5, cog.Structure().NBands) // where the raster is turned, there is nothing at its corners
		assert.Equal(t, godal.CIAlpha, cog.Bands()[4].ColorInterp())
		assert.NotEqual(t, godal.CIAlpha, cog.Bands()[3].ColorInterp())
	}},
	{number: 62, says: "nodata stays what it is, without an alpha band", holds: func(t *testing.T) {
		c := server(t)
		void := -9999.0
		cog := c.openCOG(t, c.raster(t, "entries62", floats(&void).geotiff(t)))
		require.Equal(t, 1, cog.Structure().NBands)
		nodata, ok := cog.Bands()[0].NoData()
		assert.True(t, ok)
		assert.EqualValues(t, void, nodata)
	}},
	{number: 63, says: "NaN as nodata is transparent", holds: func(t *testing.T) {
		c := server(t)
		void := math.NaN()
		ds := c.raster(t, "entries63", floats(&void).geotiff(t))
		for _, extra := range []string{"", "&formula=CELSIUS"} {
			assert.Zero(t, c.colorAt(t, ds, "tiles-ex", 0.2, 0.2, extra).A)
			assert.EqualValues(t, 255, c.colorAt(t, ds, "tiles-ex", 0.8, 0.8, extra).A)
		}
	}},
	{number: 64, elsewhere: "repacking of tiled sources is tested in ingest/raster"},
	{number: 65, says: "statistics of each band lie beside the COG", holds: func(t *testing.T) {
		c := server(t)
		ds := c.raster(t, "entries65", multispectral("").geotiff(t))
		var file struct{ Bands map[string]map[string]any }
		c.get(t, c.cogOf(t, ds)+".stats.json").json(t, http.StatusOK, &file)
		require.Len(t, file.Bands, 5)
		for number, band := range file.Bands {
			for _, name := range []string{"min", "max", "mean", "std", "p2", "p98"} {
				assert.IsType(t, 0.0, band[name], "%s of band %s", name, number)
			}
		}
		nearly(t, 3000, file.Bands["5"]["mean"].(float64), 0.5)
	}},
	{number: 66, says: "a raster between two zooms is built at the finer one", holds: func(t *testing.T) {
		c := server(t)
		at, err := c.openCOG(t, c.raster(t, "entries66", geotiff(t, rasterSize))).GeoTransform()
		require.NoError(t, err)
		// Half a metre on the ground at 46.8 degrees is 0.73 on the map, between zoom 17 and 18.
		nearly(t, 2*math.Pi*6378137/256/(1<<18), at[1], 1e-9)
	}},
}

var buildFileStatements = []statement{
	{number: 80, says: "ranges of a COG are 206", holds: func(t *testing.T) {
		c := server(t)
		file := c.cogOf(t, c.raster(t, "entries80", geotiff(t, 64)))
		whole, part := c.get(t, file), c.get(t, file, "Range", "bytes=4-19")
		assert.Equal(t, http.StatusPartialContent, part.status)
		assert.Equal(t, whole.body[4:20], part.body)
	}},
	{number: 81, says: "HEAD tells whether a build file is there", holds: func(t *testing.T) {
		c := server(t)
		file := c.cogOf(t, c.raster(t, "entries81", geotiff(t, 64)))
		assert.Equal(t, http.StatusOK, c.send(t, http.MethodHead, file, nil).status)
		assert.Equal(t, http.StatusNotFound, c.send(t, http.MethodHead, file+".none", nil).status)
	}},
	{number: 82, says: "what lies outside a build is refused", holds: func(t *testing.T) {
		c := server(t)
		ds := c.raster(t, "entries82", geotiff(t, 64))
		for _, outside := range []string{"../../dbase.sqlite", "..%2F..%2Fdbase.sqlite", "cog/..%2f..%2f..%2fdbase.sqlite", "%2e%2e/%2e%2e/dbase.sqlite"} {
			a := c.get(t, ds+"/build/"+*c.awaitBuilt(t, ds, "a.tif").Hash+"/"+outside)
			assert.Contains(t, []int{http.StatusBadRequest, http.StatusNotFound}, a.status, outside)
		}
	}},
}
