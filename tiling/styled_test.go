package tiling

import (
	"context"
	"encoding/json"
	"fmt"
	"image"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"

	"github.com/paulmach/orb/maptile"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cairngeo/cairn"
	"github.com/cairngeo/cairn/tiling/style"
)

// python runs a script with numpy and GDAL, the independent reference of these tests.
func python(t testing.TB, script string, args ...string) []byte {
	t.Helper()
	cmd := exec.Command("/usr/bin/python3", append([]string{"-c", "import sys, json, numpy as np\nfrom osgeo import gdal, osr\ngdal.UseExceptions()\n" + script}, args...)...)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	require.NoError(t, err)
	return out
}

// grove is a multispectral raster of 512 x 512 pixels, which are those of four
// tiles at zoom 18 from column 1000 and row 2000: bands blue, green, red, red edge and near
// infrared of 16 bits. Where x < 8 a band has the nodata value 65535, and where
// y < 8 all bands are 0.
var grove = maptile.New(1000, 2000, 18)

const makeGrove = `
target = sys.argv[1]
y, x = np.mgrid[0:512, 0:512].astype(float)
noise = np.random.default_rng(1)
bands = [1000*(k+1) + 700*np.sin(x/(31+k))*np.cos(y/(17+2*k)) + noise.integers(0, 90, x.shape) for k in range(5)]
bands = np.array(bands).astype(np.uint16)
bands[:, :8, :] = 0
bands[3, :, :8] = 65535
half = np.pi*6378137
res = 2*half/2**18/256
ds = gdal.GetDriverByName('GTiff').Create(target, 512, 512, 5, gdal.GDT_UInt16)
ref = osr.SpatialReference(); ref.ImportFromEPSG(3857)
ds.SetProjection(ref.ExportToWkt())
ds.SetGeoTransform([1000*256*res-half, res, 0, half-2000*256*res, 0, -res])
ds.SetMetadataItem('TIFFTAG_IMAGEDESCRIPTION', 'taken by a MicaSense RedEdge')
for k in range(5):
    ds.GetRasterBand(k+1).WriteArray(bands[k])
    ds.GetRasterBand(k+1).SetNoDataValue(65535)
ds = None
`

var makeGroveOnce sync.Mutex

const originalKey = "blobs/aa/bb/original"

// groveRaster serves the grove.
func groveRaster(t testing.TB) (*Server, Raster, string) {
	t.Helper()
	makeGroveOnce.Lock()
	defer makeGroveOnce.Unlock()
	original, file := filepath.Join(visual(), "grove-original.tif"), filepath.Join(visual(), "grove.tif")
	if _, err := os.Stat(file); err != nil {
		python(t, makeGrove, original)
		makeCOG(t, original, "grove.tif", "COMPRESS=DEFLATE", "PREDICTOR=YES", "RESAMPLING=NEAREST", "ADD_ALPHA=NO")
	}
	s, _ := serve(t, map[string]string{cogKey: file, originalKey: original})
	return s, Raster{COG: cogKey, Original: originalKey}, original
}

// styledTile draws a tile as PNG.
func styledTile(t testing.TB, s *Server, raster Raster, p style.Parameters, tile maptile.Tile) *image.NRGBA {
	t.Helper()
	st, err := style.Parse(p)
	require.NoError(t, err, "%+v", p)
	got, err := s.StyledTile(context.Background(), raster, st, tile, 256, PNG)
	require.NoError(t, err, "%+v", p)
	return decode(t, got.Data)
}

// The formulas as section 6.9 of the specification has them, in numpy's words,
// and the stops of the colour maps of section 6.10.
const renderFormula = `
source, target, requests = sys.argv[1], sys.argv[2], json.loads(sys.argv[3])
b = gdal.Open(source).ReadAsArray().astype(np.float32)
masked = (b == 65535).any(axis=0)
B, G, R, Re, N = b
T = B
def div(a, d):
    with np.errstate(all='ignore'):
        return np.where(np.abs(d) < 1e-10, np.nan, a/d)
def vndvi():
    with np.errstate(all='ignore'):
        return np.where((R > 1e-10) & (G > 1e-10) & (B > 1e-10), 0.5268*np.power(R, np.float32(-0.1294))*np.power(G, np.float32(0.3389))*np.power(B, np.float32(-0.3118)), np.nan)
formulas = {
    'VARI': lambda: div(G-R, G+R-B), 'EXG': lambda: 2*G-(R+B), 'GLI': lambda: div(2*G-R-B, 2*G+R+B), 'vNDVI': vndvi,
    'NDVI': lambda: div(N-R, N+R), 'NDWI': lambda: div(G-N, G+N), 'GNDVI': lambda: div(N-G, N+G),
    'SAVI': lambda: div(1.5*(N-R), N+R+0.5), 'EVI': lambda: div(2.5*(N-R), N+6*R-7.5*B+1), 'NDRE': lambda: div(N-Re, N+Re),
    'NDYI': lambda: div(G-B, G+B), 'MPRI': lambda: div(G-R, G+R), 'OSAVI': lambda: div(N-R, N+R+0.16), 'GRVI': lambda: div(N, G),
    'ENDVI': lambda: div((N+G)-2*B, (N+G)+2*B), 'ARVI': lambda: div(N-2*R+B, N+2*R+B), 'CELSIUS': lambda: T, 'KELVIN': lambda: T+273.15,
    '(b5 - b3) / max(b1, b2) * sqrt(abs(Re - N)) ^ 1.5': lambda: div(N-R, np.maximum(B, G))*np.power(np.where(Re == N, np.nan, np.sqrt(np.abs(Re-N)).astype(np.float64)), 1.5),
    'min(log(R), 2 ^ 3 - -1e0)': lambda: np.minimum(np.log(np.where(R > 0, R, np.nan)), 9),
}
stops = json.loads(sys.argv[4])
def colormap(id):
    i = np.arange(256)
    if id == 'discrete_ndvi':
        steps = [(139,0,0), (255,69,0), (255,215,0), (50,205,50), (0,100,0)]
        return np.array([steps[min(4, int(5*k)//255) if k < 255 else 4] for k in i])
    if id == 'grayscale': return np.stack([i]*3, axis=1)
    if id == 'greys': return np.stack([255-i]*3, axis=1)
    at, colors = zip(*[(float(s.split(':')[0]), [int(c) for c in s.split(':')[1].split(',')]) for s in stops[id].split(';')])
    return np.floor(np.stack([np.interp(i/255, at, [c[k] for c in colors]) for k in range(3)], axis=1) + 1e-9).astype(int)
out = []
for formula, cmap, low, high in requests:
    v = np.asarray(formulas[formula](), dtype=np.float64)
    v[masked] = np.nan
    if low is None:
        low, high = np.nanpercentile(v, [2, 98], method='nearest')
    colors = colormap(cmap)
    pair = []
    for nudge in (-1, 1): # what rounding may make of it
        with np.errstate(all='ignore'):
            index = np.trunc(np.clip((v + nudge*(1e-6*np.abs(v) + 1e-6*(high-low)) - low)/(high-low), 0, 1)*255)
        image = np.zeros(v.shape+(4,), np.uint8)
        known = np.isfinite(v)
        image[known] = np.concatenate([colors[index[known].astype(int)], np.full((known.sum(), 1), 255)], axis=1)
        pair.append(image)
    out.append(pair)
np.array(out).tofile(target)
`

// stops are those of section 6.10, as percent: r,g,b.
var stops = map[string]string{
	"rdylgn":   "0:215,48,39;0.25:253,174,97;0.5:254,224,139;0.75:166,217,106;1:26,152,80",
	"spectral": "0:158,1,66;0.25:253,174,97;0.5:255,255,191;0.75:102,194,165;1:94,79,162",
	"viridis":  "0:68,1,84;0.25:59,82,139;0.5:33,144,140;0.75:93,201,99;1:253,231,37",
	"plasma":   "0:13,8,135;0.25:126,3,168;0.5:204,71,120;0.75:248,149,64;1:240,249,33",
	"inferno":  "0:0,0,4;0.25:87,16,110;0.5:188,55,84;0.75:249,142,9;1:252,255,164",
	"magma":    "0:0,0,4;0.25:81,18,124;0.5:183,55,121;0.75:252,137,97;1:252,253,191",
	"ironbow":  "0:0,0,0;0.2:87,15,106;0.4:189,55,84;0.6:249,120,8;0.8:255,227,68;1:255,255,255",
	"rainbow":  "0:150,0,90;0.17:0,0,200;0.33:0,150,255;0.5:0,255,0;0.67:255,255,0;0.83:255,100,0;1:200,0,0",
	"bugn":     "0:247,252,253;0.25:178,226,226;0.5:102,194,164;0.75:35,139,69;1:0,68,27",
	"whitehot": "0:0,0,0;1:255,255,255",
	"blackhot": "0:255,255,255;1:0,0,0",
	"arctic":   "0:0,0,64;0.25:0,100,200;0.5:100,200,255;0.75:200,240,255;1:255,255,255",
	"lava":     "0:0,0,0;0.25:128,0,0;0.5:255,80,0;0.75:255,200,0;1:255,255,200",
	"terrain":  "0:51,51,153;0.2:0,180,180;0.4:160,217,121;0.6:236,216,122;0.8:169,116,67;1:255,255,255",
}

// Every formula, colour map and free expression, compared with numpy.
func TestFormulaTiles(t *testing.T) {
	t.Parallel()
	s, raster, original := groveRaster(t)
	type request struct {
		formula, colormap string
		low, high         any
		parameters        style.Parameters
	}
	var requests []request
	ask := func(formula, colormap string, own *style.Range, rescale bool) {
		r := request{formula: formula, colormap: colormap, parameters: style.Parameters{Formula: formula, Colormap: colormap}}
		switch {
		case rescale:
			r.low, r.high, r.parameters.Rescale = -0.25, 0.75, "-0.25,0.75"
		case own != nil:
			r.low, r.high = own.Low, own.High
		}
		requests = append(requests, r)
	}
	for _, f := range style.Formulas() {
		ask(f.ID, "rdylgn", f.Range, false)
	}
	for _, c := range style.Colormaps() {
		ask("NDVI", c.ID, nil, true)
	}
	ask("(b5 - b3) / max(b1, b2) * sqrt(abs(Re - N)) ^ 1.5", "viridis", nil, false)
	ask("min(log(R), 2 ^ 3 - -1e0)", "viridis", nil, false)

	var list [][]any
	for _, r := range requests {
		list = append(list, []any{r.formula, r.colormap, r.low, r.high})
	}
	asked, err := json.Marshal(list)
	require.NoError(t, err)
	points, err := json.Marshal(stops)
	require.NoError(t, err)
	target := filepath.Join(t.TempDir(), "expected")
	python(t, renderFormula, original, target, string(asked), string(points))
	expected, err := os.ReadFile(target)
	require.NoError(t, err)
	const size = 512 * 512 * 4
	require.Len(t, expected, len(requests)*2*size)
	for i, r := range requests {
		t.Run(r.formula+" in "+r.colormap, func(t *testing.T) {
			low, high := expected[2*i*size:][:size], expected[(2*i+1)*size:][:size]
			for _, at := range []image.Point{{0, 0}, {1, 1}} {
				got := styledTile(t, s, raster, r.parameters, maptile.New(grove.X+uint32(at.X), grove.Y+uint32(at.Y), grove.Z))
				for y := range 256 {
					for x := range 256 {
						j := 4 * ((y+256*at.Y)*512 + x + 256*at.X)
						pixel := string(got.Pix[4*(y*256+x):][:4])
						if pixel != string(low[j:j+4]) && pixel != string(high[j:j+4]) {
							require.Failf(t, "another colour", "%s at %d,%d: %v, not %v nor %v", r.formula, x, y, []byte(pixel), low[j:j+4], high[j:j+4])
						}
					}
				}
			}
		})
	}
}

// Bands and presets, with each stretch, compared with numpy.
func TestBandTiles(t *testing.T) {
	t.Parallel()
	s, raster, original := groveRaster(t)
	const script = `
source, target, requests = sys.argv[1], sys.argv[2], json.loads(sys.argv[3])
b = gdal.Open(source).ReadAsArray().astype(np.float64)
out = []
for bands, kind in requests:
    image = np.zeros((512, 512, 4), np.uint8)
    for c, n in enumerate(bands):
        v = b[n-1]
        known = v[v != 65535]
        low, high = {
            'percentile': lambda: np.percentile(known, [2, 98], method='nearest'),
            'minmax': lambda: (known.min(), known.max()),
            'stddev': lambda: (max(known.min(), known.mean()-2.33*known.std()), min(known.max(), known.mean()+2.33*known.std())),
            'none': lambda: (0, 65535),
            'range': lambda: (500, 4000),
        }[kind]()
        image[..., c] = np.clip((v-low)/(high-low)*255, 0, 255)
    image[..., 3] = np.where((b[[n-1 for n in bands]] != 65535).any(axis=0), 255, 0)
    out.append(image)
np.array(out).tofile(target)
`
	requests := []struct {
		bands      []int
		kind       string
		parameters style.Parameters
	}{
		{[]int{1, 2, 3}, "minmax", style.Parameters{Stretch: "minmax"}},
		{[]int{5, 3, 2}, "percentile", style.Parameters{Bands: "5,3,2"}},
		{[]int{5, 3, 2}, "minmax", style.Parameters{Bands: "5,3,2", Stretch: "minmax"}},
		{[]int{5, 3, 2}, "stddev", style.Parameters{Bands: "5,3,2", Stretch: "stddev"}},
		{[]int{5, 3, 2}, "none", style.Parameters{Bands: "5,3,2", Stretch: "none"}},
		{[]int{5, 3, 2}, "range", style.Parameters{Bands: "5,3,2,1", Stretch: "minmax", Rescale: "500,4000"}},
		{[]int{4, 4, 4}, "percentile", style.Parameters{Bands: "4", Stretch: "percentile"}},
		{[]int{4, 5, 5}, "percentile", style.Parameters{Bands: "4,5"}},
		{[]int{3, 2, 1}, "percentile", style.Parameters{Preset: "true-color"}},
		{[]int{5, 3, 2}, "percentile", style.Parameters{Preset: "false-color-ir", Stretch: "custom"}},
		{[]int{3, 2, 1}, "percentile", style.Parameters{Preset: "ndvi"}}, // a formula
		{[]int{3, 2, 1}, "percentile", style.Parameters{Preset: "unheard of"}},
	}
	var list [][]any
	for _, r := range requests {
		list = append(list, []any{r.bands, r.kind})
	}
	asked, err := json.Marshal(list)
	require.NoError(t, err)
	target := filepath.Join(t.TempDir(), "expected")
	python(t, script, original, target, string(asked))
	expected, err := os.ReadFile(target)
	require.NoError(t, err)
	const size = 512 * 512 * 4
	require.Len(t, expected, len(requests)*size)
	for i, r := range requests {
		t.Run(fmt.Sprintf("%+v", r.parameters), func(t *testing.T) {
			got := styledTile(t, s, raster, r.parameters, grove)
			for y := range 256 {
				for x := range 256 {
					want := expected[i*size+4*(y*512+x):][:4]
					pixel := got.Pix[4*(y*256+x):][:4]
					require.Equal(t, want[3], pixel[3], "alpha at %d,%d", x, y)
					for c := range 3 {
						if want[3] != 0 {
							require.InDelta(t, want[c], pixel[c], 1, "channel %d at %d,%d", c, x, y)
						}
					}
				}
			}
		})
	}
}

// The tiles of a raster agree where they meet: one range for all of it.
func TestFormulaWithoutSeams(t *testing.T) {
	t.Parallel()
	s, raster, _ := groveRaster(t)
	st, err := style.Parse(style.Parameters{Formula: "EXG", Stretch: "percentile"})
	require.NoError(t, err)
	whole, err := s.StyledTile(context.Background(), raster, st, grove.Parent(), 512, PNG)
	require.NoError(t, err)
	together := decode(t, whole.Data)
	for dy := range uint32(2) {
		for dx := range uint32(2) {
			part := styledTile(t, s, raster, style.Parameters{Formula: "EXG", Stretch: "percentile"}, maptile.New(grove.X+dx, grove.Y+dy, grove.Z))
			for y := range 256 {
				for x := range 256 {
					require.Equal(t, part.NRGBAAt(x, y), together.NRGBAAt(x+256*int(dx), y+256*int(dy)))
				}
			}
		}
	}
}

func TestStylesThatARasterLacks(t *testing.T) {
	t.Parallel()
	s, raster, _ := groveRaster(t)
	for _, p := range []style.Parameters{{Bands: "6"}, {Bands: "1,2,9"}, {Formula: "b6 + 1"}, {Formula: "T + N", BandFilter: "BGR"}} {
		st, err := style.Parse(p)
		require.NoError(t, err)
		for _, tile := range []maptile.Tile{grove, {X: 0, Y: 0, Z: 3}} {
			_, err = s.StyledTile(context.Background(), raster, st, tile, 256, PNG)
			assert.Equal(t, cairn.Invalid, cairn.CodeOf(err), "%+v: %v", p, err)
		}
	}
}
