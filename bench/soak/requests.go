package main

import (
	"fmt"
	"math/rand/v2"
	"net/url"
	"strconv"
)

func pick[V any](random *rand.Rand, from ...V) V { return from[random.IntN(len(from))] }

// request returns one of very many addresses below the dataset, and whether it
// is of the file that is broken.
func request(random *rand.Rand) (address, accept string, broken bool) {
	accept = pick(random, "image/webp", "image/png", "*/*")
	path := pick(random, "ortho.tif", "ortho.tif", "multi.tif", "multi.tif", "dem.tif", "photo.jpg", brokenName)
	broken = path == brokenName
	query := url.Values{"path": {path}}
	if path == "photo.jpg" || random.IntN(8) == 0 {
		query.Set("size", strconv.Itoa(64+random.IntN(900)))
		return "/thumb?" + query.Encode(), accept, broken
	}
	kind := "/tiles/"
	if random.IntN(3) > 0 {
		kind = "/tiles-ex/"
		restyle(random, path, query)
	}
	down := random.IntN(8) // levels from the second one beyond the last
	z := zoom + 2 - down
	reach := side << 2 >> down
	x, y := column<<2>>down+random.IntN(reach+1), row<<2>>down+random.IntN(reach+1)
	return fmt.Sprintf("%s%d/%d/%d%s%s?%s", kind, z, x, y, pick(random, "", "", "@2x"), pick(random, ".png", ".webp", ".jpg"), query.Encode()), accept, broken
}

// restyle gives a raster a look that it can have.
func restyle(random *rand.Rand, path string, query url.Values) {
	low := random.IntN(40)
	switch path {
	case "multi.tif":
		if random.IntN(2) == 0 {
			query.Set("formula", pick(random, "(b4-b3)/(b4+b3)", "(b5-b1)/(b5+b1)", "b1*2-b2"))
			query.Set("colormap", pick(random, "rdylgn", "viridis"))
			query.Set("rescale", fmt.Sprintf("-0.%d,0.8", 1+random.IntN(8)))
			return
		}
		query.Set("bands", pick(random, "3,2,1", "4,3,2", "5,1,3"))
	case "dem.tif":
		query.Set("colormap", pick(random, "rdylgn", "viridis"))
		query.Set("rescale", fmt.Sprintf("%d,%d", low, low+20000))
	default:
		query.Set("bands", pick(random, "1,2,3", "3,2,1", "2,1,3"))
		query.Set("rescale", fmt.Sprintf("%d,%d", low, 255-low))
	}
}
