package ingest

import (
	"context"

	"github.com/cairngeo/cairn/catalog"
	"github.com/cairngeo/cairn/catalog/blob"
	"github.com/cairngeo/cairn/tiling"
	"github.com/paulmach/orb/maptile"
)

// mosaicCOG is what the tiles of a mosaic are drawn from.
func (in *Ingest) mosaicCOG() catalog.Product {
	return catalog.Product{Kind: "cog", Version: in.version("cog")}
}

// MosaicRasters returns what lies where a tile of a mosaic is, from the top: no
// more than are drawn while somebody waits. usual says that they are drawn in
// their usual look. Then, of a whole dataset with the newest on top, it is the
// dataset's overview, under what came since, where that shows nothing that is gone.
func (in *Ingest) MosaicRasters(ctx context.Context, m catalog.Mosaic, usual bool, t maptile.Tile) ([]tiling.Raster, error) {
	m.COG = in.mosaicCOG()
	if usual && m.Whole() {
		at, err := in.catalog.OverviewAt(ctx, m.Datasets[0], m.COG, t, tiling.MosaicLayers)
		if err != nil {
			return nil, err
		}
		if at.Key != "" {
			return append(mosaicFiles(at.Newer), tiling.Raster{COG: OverviewFile(at.Key)}), nil
		}
	}
	found, err := in.catalog.RastersAt(ctx, m, t, tiling.MosaicLayers)
	return mosaicFiles(found), err
}

// MosaicExtent returns what the rasters of a mosaic cover.
func (in *Ingest) MosaicExtent(ctx context.Context, m catalog.Mosaic) (catalog.MosaicExtent, error) {
	m.COG = in.mosaicCOG()
	return in.catalog.MosaicExtent(ctx, m)
}

func mosaicFiles(rasters []catalog.MosaicRaster) []tiling.Raster {
	files := make([]tiling.Raster, len(rasters))
	for i, r := range rasters {
		files[i] = tiling.Raster{COG: catalog.ProductFile(r.Product, mainFiles["cog"]), Original: blob.Key(r.Hash)}
	}
	return files
}
