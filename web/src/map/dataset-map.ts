/** A dataset on the map: rasters as tiles, photos as points, footprints as outlines. */
import { LngLatBounds, Popup, type GeoJSONSource, type Map as MapLibre, type MapMouseEvent } from 'maplibre-gl';
import { baseName, isRaster, isReady, type DatasetAddress, type Entry } from '../model';
import { entryExtent, unionExtent, type Extent } from '../extent';
import { announceReadiness, createMap } from './basemap';
import { footprintFeatures, paintOverlay, pointFeatures, selectableLayers } from './overlay';
import { RasterLayers, type RasterView } from './raster-layers';

/** Pixels left free around what is brought into view. */
const margin = 44;

export interface MapEvents {
  select(path: string | null): void;
}

export class DatasetMap {
  private readonly map: MapLibre;
  private readonly rasters: RasterLayers;
  private readonly popup = new Popup({ closeButton: false, closeOnClick: false, offset: 12, className: 'map-name' });
  private entries: Entry[] = [];
  private selected: string | null = null;
  private covered = { right: 0, bottom: 0 };
  private fitted = false;
  private ready = false;

  constructor(container: HTMLElement, at: DatasetAddress, private readonly events: MapEvents) {
    this.map = createMap(container, { center: [0, 20], zoom: 1 }, () => {
      this.ready = true;
      this.draw();
    });
    this.rasters = new RasterLayers(this.map, at);
    announceReadiness(this.map);
    this.map.on('mousemove', (event) => this.hover(event));
    this.map.on('mouseout', () => this.popup.remove());
    this.map.on('click', (event) => this.events.select(this.pathAt(event)));
  }

  /** Shows these entries, and the first time brings them all into view. */
  show(entries: Entry[]) {
    this.entries = entries;
    this.draw();
    if (!this.fitted && entries.some(entryExtent)) {
      this.fitted = true;
      this.fit(entries, false);
    }
  }

  setRasterView(view: RasterView) {
    this.rasters.setView(view);
  }

  select(path: string | null) {
    this.selected = path;
    if (this.ready) paintOverlay(this.map, path);
  }

  /** Keeps so many pixels clear when something is brought into view, because a panel lies over them. */
  setCovered(covered: { right: number; bottom: number }) {
    this.covered = covered;
  }

  /** Brings the entries into view; those without a place are ignored. */
  fit(entries: Entry[], animate = true) {
    const whole = unionExtent(entries.map(entryExtent).filter((extent): extent is Extent => extent !== null));
    if (!whole) return;
    const still = matchMedia('(prefers-reduced-motion: reduce)').matches;
    const { right, bottom } = this.covered;
    const padding = { top: margin, left: margin, right: margin + right, bottom: margin + bottom };
    this.map.fitBounds(new LngLatBounds(whole), { padding, maxZoom: 19, animate: animate && !still, duration: 900 });
  }

  remove() {
    this.map.remove();
  }

  private draw() {
    if (!this.ready) return;
    paintOverlay(this.map, this.selected);
    this.map.getSource<GeoJSONSource>('points')!.setData(pointFeatures(this.entries));
    this.map.getSource<GeoJSONSource>('footprints')!.setData(footprintFeatures(this.entries));
    this.rasters.show(this.entries.filter((entry) => isRaster(entry) && isReady(entry)));
  }

  private hover(event: MapMouseEvent) {
    const path = this.pathAt(event);
    this.map.getCanvas().style.cursor = path === null ? '' : 'pointer';
    if (path === null) return this.popup.remove();
    this.popup.setLngLat(event.lngLat).setText(baseName(path)).addTo(this.map);
  }

  /** The entry drawn under the pointer: a point before a footprint, a small footprint before a large one. */
  private pathAt({ point }: MapMouseEvent): string | null {
    if (!this.ready) return null;
    const reach = 3;
    const found = this.map.queryRenderedFeatures(
      [[point.x - reach, point.y - reach], [point.x + reach, point.y + reach]], { layers: selectableLayers });
    if (found.length === 0) return null;
    const onTop = found.find((feature) => feature.geometry.type === 'Point')
      ?? found.reduce((a, b) => (b.properties.area < a.properties.area ? b : a));
    return onTop.properties.path;
  }
}
