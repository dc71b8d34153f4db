/** The world with a mark and an outline for every dataset that has a place. */
import { LngLatBounds, Popup, type GeoJSONSource, type Map as MapLibre } from 'maplibre-gl';
import type { Feature, FeatureCollection } from 'geojson';
import { extentRing, unionExtent, type Extent } from '../extent';
import { announceReadiness, createMap } from './basemap';
import { palette } from './palette';

export interface PlacedDataset {
  id: string;
  name: string;
  extent: Extent;
}

export class OverviewMap {
  private readonly map: MapLibre;
  private datasets: PlacedDataset[] = [];
  private readonly popup = new Popup({ closeButton: false, closeOnClick: false, offset: 12, className: 'map-name' });

  constructor(container: HTMLElement, private readonly open: (id: string) => void) {
    this.map = createMap(container, { center: [0, 25], zoom: 0.6, cooperativeGestures: true }, () => this.paint());
    announceReadiness(this.map);
    this.map.on('load', () => this.draw());
    this.map.on('mousemove', 'dataset-marks', (event) => this.hover(event.features?.[0]?.properties.id));
    this.map.on('mouseleave', 'dataset-marks', () => this.hover(undefined));
    this.map.on('click', 'dataset-marks', (event) => this.open(event.features![0].properties.id));
  }

  show(datasets: PlacedDataset[]) {
    this.datasets = datasets;
    this.draw();
    const whole = unionExtent(datasets.map(({ extent }) => extent));
    if (whole) this.map.fitBounds(new LngLatBounds(whole), { padding: 60, maxZoom: 9, animate: false });
  }

  remove() {
    this.map.remove();
  }

  private hover(id: string | undefined) {
    this.map.getCanvas().style.cursor = id ? 'pointer' : '';
    const dataset = this.datasets.find((candidate) => candidate.id === id);
    if (!dataset) return this.popup.remove();
    this.popup.setLngLat(centre(dataset.extent)).setText(dataset.name).addTo(this.map);
  }

  private draw() {
    this.map.getSource<GeoJSONSource>('datasets')?.setData(features(this.datasets));
  }

  private paint() {
    const { footprint, halo } = palette();
    if (this.map.getSource('datasets')) {
      this.map.setPaintProperty('dataset-outlines', 'line-color', footprint);
      this.map.setPaintProperty('dataset-marks', 'circle-color', footprint);
      this.map.setPaintProperty('dataset-marks', 'circle-stroke-color', halo);
      return;
    }
    this.map.addSource('datasets', { type: 'geojson', data: features(this.datasets) });
    this.map.addLayer({
      id: 'dataset-outlines', type: 'line', source: 'datasets', filter: ['==', ['geometry-type'], 'Polygon'],
      paint: { 'line-color': footprint, 'line-width': 1.5 },
    });
    this.map.addLayer({
      id: 'dataset-marks', type: 'circle', source: 'datasets', filter: ['==', ['geometry-type'], 'Point'],
      paint: { 'circle-radius': 6, 'circle-color': footprint, 'circle-stroke-width': 2, 'circle-stroke-color': halo },
    });
  }
}

const centre = ([west, south, east, north]: Extent): [number, number] => [(west + east) / 2, (south + north) / 2];

function features(datasets: PlacedDataset[]): FeatureCollection {
  const features = datasets.flatMap(({ id, extent }): Feature[] => [
    { type: 'Feature', properties: { id }, geometry: { type: 'Polygon', coordinates: [extentRing(extent)] } },
    { type: 'Feature', properties: { id }, geometry: { type: 'Point', coordinates: centre(extent) } },
  ]);
  return { type: 'FeatureCollection', features };
}
