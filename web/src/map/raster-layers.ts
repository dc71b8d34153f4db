/** The rasters of a dataset as tile layers, kept in step with its entries. */
import type { Map as MapLibre } from 'maplibre-gl';
import { tileUrl } from '../api';
import { entryExtent, tileBoxes, type Extent } from '../extent';
import type { DatasetAddress, Entry } from '../model';
import { overlayAnchor } from './basemap';

/** How the reader wants the rasters shown: opacity from 0 to 1, and the paths that are hidden. */
export interface RasterView {
  opacity: number;
  hidden: ReadonlySet<string>;
}

export class RasterLayers {
  private view: RasterView = { opacity: 1, hidden: new Set() };
  /** The layers on the map, and the path of the entry that each one draws. */
  private readonly paths = new Map<string, string>();

  constructor(private readonly map: MapLibre, private readonly at: DatasetAddress) {}

  /** Draws exactly these entries, larger ones below smaller ones. */
  show(rasters: Entry[]) {
    const wanted = new Map(rasters.map((entry) => [entry, entryExtent(entry)] as const)
      .filter((pair): pair is [Entry, Extent] => pair[1] !== null)
      .sort(([, a], [, b]) => area(b) - area(a))
      .flatMap(([entry, extent]) => tileBoxes(extent).map((box, part) => [layerId(entry, part), { entry, box, maxzoom: maxTileZoom(entry, extent) }])));

    for (const id of this.paths.keys()) {
      if (!wanted.has(id)) this.drop(id);
    }
    for (const [id, { entry, box, maxzoom }] of wanted) {
      if (this.paths.has(id)) this.map.moveLayer(id, overlayAnchor);
      else this.add(id, entry, box, maxzoom);
    }
  }

  setView(view: RasterView) {
    this.view = view;
    for (const id of this.paths.keys()) this.applyView(id);
  }

  private add(id: string, entry: Entry, bounds: Extent, maxzoom: number) {
    this.map.addSource(id, { type: 'raster', tiles: [tileUrl(this.at, entry)], tileSize: 256, bounds, maxzoom });
    this.map.addLayer({ id, type: 'raster', source: id, paint: { 'raster-fade-duration': 150 } }, overlayAnchor);
    this.paths.set(id, entry.path);
    this.applyView(id);
  }

  private drop(id: string) {
    this.map.removeLayer(id);
    this.map.removeSource(id);
    this.paths.delete(id);
  }

  private applyView(id: string) {
    const visible = !this.view.hidden.has(this.paths.get(id)!);
    this.map.setLayoutProperty(id, 'visibility', visible ? 'visible' : 'none');
    this.map.setPaintProperty(id, 'raster-opacity', this.view.opacity);
  }
}

const deepestZoom = 24;

const area = ([west, south, east, north]: Extent) => (east - west) * (north - south);

/** A layer's name changes with the content, so that a replaced file is drawn anew. */
const layerId = (entry: Entry, part: number) => `raster ${part} ${entry.hash} ${entry.path}`;

/**
 * The zoom beyond which tiles show nothing new, one level deeper than the raster's own pixels, so that the browser
 * enlarges what it has instead of asking for more.
 */
function maxTileZoom(entry: Entry, [west, , east]: Extent): number {
  const width = Number(entry.properties?.width);
  if (!(width > 0) || east <= west) return deepestZoom;
  const tilesAround = (360 / (east - west)) * (width / 256);
  return Math.min(deepestZoom, Math.max(0, Math.ceil(Math.log2(tilesAround)) + 1));
}
