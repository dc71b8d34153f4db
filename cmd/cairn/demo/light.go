package demo

import "math"

// The sun stands in the south-east, 42 degrees high.
var (
	sunAzimuth  = 125 * math.Pi / 180
	sunAltitude = 42 * math.Pi / 180
	toSun       = point{math.Sin(sunAzimuth), math.Cos(sunAzimuth)} // horizontal, length 1
	shadowReach = 1 / math.Tan(sunAltitude)                         // m of shadow per m of height
)

// sunlight is the light on a surface that rises by east and north (m per m):
// 1 on level ground.
func sunlight(east, north float64) float64 {
	up := math.Sin(sunAltitude)
	towards := up - math.Cos(sunAltitude)*(east*toSun.x+north*toSun.y)
	return max(towards, 0) / math.Sqrt(1+east*east+north*north) / up
}

// lightCells is the number of 1 m cells of groundLight on a side: ground is
// smooth at that scale, and costs too much to ask at every pixel.
const lightCells = int(extent) + 2

// groundLight is sunlight on the bare ground, sampled every metre.
type groundLight []float64

func newGroundLight() groundLight {
	height := make([]float64, (lightCells+1)*(lightCells+1))
	for i := range height {
		height[i] = ground(point{float64(i % (lightCells + 1)), float64(i / (lightCells + 1))})
	}
	light := make(groundLight, lightCells*lightCells)
	for i := range light {
		here := i%lightCells + i/lightCells*(lightCells+1)
		light[i] = sunlight(height[here+1]-height[here], height[here+lightCells+1]-height[here])
	}
	return light
}

// at interpolates between the samples.
func (l groundLight) at(p point) float64 {
	i, j := int(p.x), int(p.y)
	u, v := p.x-float64(i), p.y-float64(j)
	south, north := l[j*lightCells+i:], l[(j+1)*lightCells+i:]
	return mix(mix(south[0], south[1], u), mix(north[0], north[1], u), v)
}
