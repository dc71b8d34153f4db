package style

import (
	"fmt"
	"slices"
)

// Colormap gives the numbers from 0 to 255 colours.
type Colormap struct {
	ID, Name string
	Colors   [256][3]byte // red, green, blue
}

// Hex is a colour as #rrggbb.
func (c *Colormap) Hex(index int) string { return fmt.Sprintf("#%x", c.Colors[index][:]) }

// FindColormap returns the colour map with the id, which is case-sensitive.
func FindColormap(id string) (*Colormap, bool) {
	i := slices.IndexFunc(colormaps, func(c *Colormap) bool { return c.ID == id })
	if i < 0 {
		return nil, false
	}
	return colormaps[i], true
}

// Colormaps returns all colour maps.
func Colormaps() []*Colormap { return slices.Clone(colormaps) }

// stop is a colour at a place between 0 and 100 percent.
type stop struct{ at, r, g, b int }

var colormaps = []*Colormap{
	gradient("rdylgn", "Red-Yellow-Green", stop{0, 215, 48, 39}, stop{25, 253, 174, 97}, stop{50, 254, 224, 139}, stop{75, 166, 217, 106}, stop{100, 26, 152, 80}),
	steps("discrete_ndvi", "Contrast NDVI", stop{20, 139, 0, 0}, stop{40, 255, 69, 0}, stop{60, 255, 215, 0}, stop{80, 50, 205, 50}, stop{101, 0, 100, 0}),
	gradient("spectral", "Spectral", stop{0, 158, 1, 66}, stop{25, 253, 174, 97}, stop{50, 255, 255, 191}, stop{75, 102, 194, 165}, stop{100, 94, 79, 162}),
	gradient("viridis", "Viridis", stop{0, 68, 1, 84}, stop{25, 59, 82, 139}, stop{50, 33, 144, 140}, stop{75, 93, 201, 99}, stop{100, 253, 231, 37}),
	gradient("plasma", "Plasma", stop{0, 13, 8, 135}, stop{25, 126, 3, 168}, stop{50, 204, 71, 120}, stop{75, 248, 149, 64}, stop{100, 240, 249, 33}),
	gradient("inferno", "Inferno", stop{0, 0, 0, 4}, stop{25, 87, 16, 110}, stop{50, 188, 55, 84}, stop{75, 249, 142, 9}, stop{100, 252, 255, 164}),
	gradient("magma", "Magma", stop{0, 0, 0, 4}, stop{25, 81, 18, 124}, stop{50, 183, 55, 121}, stop{75, 252, 137, 97}, stop{100, 252, 253, 191}),
	gradient("grayscale", "Grayscale", stop{0, 0, 0, 0}, stop{100, 255, 255, 255}),
	gradient("ironbow", "Ironbow", stop{0, 0, 0, 0}, stop{20, 87, 15, 106}, stop{40, 189, 55, 84}, stop{60, 249, 120, 8}, stop{80, 255, 227, 68}, stop{100, 255, 255, 255}),
	gradient("rainbow", "Rainbow", stop{0, 150, 0, 90}, stop{17, 0, 0, 200}, stop{33, 0, 150, 255}, stop{50, 0, 255, 0}, stop{67, 255, 255, 0}, stop{83, 255, 100, 0}, stop{100, 200, 0, 0}),
	gradient("bugn", "Blue-Green", stop{0, 247, 252, 253}, stop{25, 178, 226, 226}, stop{50, 102, 194, 164}, stop{75, 35, 139, 69}, stop{100, 0, 68, 27}),
	gradient("whitehot", "White Hot", stop{0, 0, 0, 0}, stop{100, 255, 255, 255}),
	gradient("blackhot", "Black Hot", stop{0, 255, 255, 255}, stop{100, 0, 0, 0}),
	gradient("arctic", "Arctic", stop{0, 0, 0, 64}, stop{25, 0, 100, 200}, stop{50, 100, 200, 255}, stop{75, 200, 240, 255}, stop{100, 255, 255, 255}),
	gradient("lava", "Lava", stop{0, 0, 0, 0}, stop{25, 128, 0, 0}, stop{50, 255, 80, 0}, stop{75, 255, 200, 0}, stop{100, 255, 255, 200}),
	gradient("terrain", "Terrain", stop{0, 51, 51, 153}, stop{20, 0, 180, 180}, stop{40, 160, 217, 121}, stop{60, 236, 216, 122}, stop{80, 169, 116, 67}, stop{100, 255, 255, 255}),
	gradient("greys", "Greys", stop{0, 255, 255, 255}, stop{100, 0, 0, 0}),
}

// gradient makes a colour map that is linear between stops. It reckons in whole
// numbers, because the channels are truncated: the rounding of binary fractions
// would show.
func gradient(id, name string, stops ...stop) *Colormap {
	c := &Colormap{ID: id, Name: name}
	for i := range c.Colors {
		k := 1
		for 255*stops[k].at < 100*i {
			k++
		}
		from, to := stops[k-1], stops[k]
		width := 255 * (to.at - from.at)
		between := func(a, b int) byte { return byte((a*width + (b-a)*(100*i-255*from.at)) / width) }
		c.Colors[i] = [3]byte{between(from.r, to.r), between(from.g, to.g), between(from.b, to.b)}
	}
	return c
}

// steps makes a colour map that is of one colour below each stop.
func steps(id, name string, stops ...stop) *Colormap {
	c := &Colormap{ID: id, Name: name}
	for i := range c.Colors {
		k := slices.IndexFunc(stops, func(s stop) bool { return 100*i < 255*s.at })
		c.Colors[i] = [3]byte{byte(stops[k].r), byte(stops[k].g), byte(stops[k].b)}
	}
	return c
}
