// Package style is the catalogue of ways to look at a raster: colour maps,
// formulas of bands, the sensors that take such rasters with their presets, and
// what a request may ask for. It knows nothing of files and pixels' places.
package style
