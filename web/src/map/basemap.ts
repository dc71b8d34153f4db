/** A calm map of the world that needs no tile server: land and borders of Natural Earth, shipped with the page. */
import {
  AttributionControl, Map as MapLibre, NavigationControl, ScaleControl, setWorkerUrl,
  type GeoJSONSource, type LayerSpecification, type MapOptions, type StyleSpecification,
} from 'maplibre-gl';
import workerUrl from 'maplibre-gl/dist/maplibre-gl-worker.mjs?url';
import { feature, mesh } from 'topojson-client';
import type { GeometryCollection, Topology } from 'topojson-specification';
import type { Feature, Geometry, MultiPolygon } from 'geojson';
import atlasUrl from 'world-atlas/countries-50m.json?url';
import type { Extent } from '../extent';
import { continuousLines, continuousPolygons } from './continuous';
import { graticule } from './graticule';
import { palette, prefersDark } from './palette';

setWorkerUrl(workerUrl);

/** The layer below which the data's rasters go. */
export const overlayAnchor = 'overlay';

const nothing: Feature = { type: 'Feature', properties: {}, geometry: { type: 'MultiPoint', coordinates: [] } };

function baseLayers(): LayerSpecification[] {
  const colours = palette();
  return [
    { id: 'water', type: 'background', paint: { 'background-color': colours.water } },
    { id: 'land', type: 'fill', source: 'land', paint: { 'fill-color': colours.land, 'fill-antialias': false } },
    { id: 'graticule', type: 'line', source: 'graticule', paint: { 'line-color': colours.graticule, 'line-width': 0.7 } },
    { id: 'borders', type: 'line', source: 'borders', paint: { 'line-color': colours.border, 'line-width': 0.8 } },
    { id: 'coast', type: 'line', source: 'coast', paint: { 'line-color': colours.coast, 'line-width': 0.8 } },
    { id: overlayAnchor, type: 'background', layout: { visibility: 'none' } },
  ];
}

function style(): StyleSpecification {
  const world = () => ({ type: 'geojson' as const, data: nothing, maxzoom: 6 }); // beyond, the atlas has nothing finer to show
  const lines = { type: 'geojson' as const, data: nothing };
  return { version: 8, sources: { land: world(), coast: world(), borders: world(), graticule: lines }, layers: baseLayers() };
}

/**
 * Makes a map in the container, with controls and the world drawn. `repaint` is called once layers can be added, and
 * again when the reader's preference for light or dark changes, to draw what lies above the base.
 */
export function createMap(container: HTMLElement, options: Partial<MapOptions>, repaint: (map: MapLibre) => void): MapLibre {
  const map = new MapLibre({
    container,
    style: style(),
    attributionControl: false,
    dragRotate: false,
    pitchWithRotate: false,
    touchPitch: false,
    maxZoom: 24,
    ...options,
  });
  map.touchZoomRotate.disableRotation();
  map.keyboard.disableRotation();
  map.addControl(new NavigationControl({ showCompass: false }), 'top-right');
  map.addControl(new ScaleControl({}), 'bottom-left');
  map.addControl(new AttributionControl({ compact: true, customAttribution: 'Natural Earth' }), 'bottom-right');

  const follow = () => {
    for (const layer of baseLayers()) {
      for (const [property, value] of Object.entries(layer.paint ?? {})) {
        map.setPaintProperty(layer.id, property as never, value as never);
      }
    }
    repaint(map);
  };
  map.on('remove', () => prefersDark.removeEventListener('change', follow));
  map.on('load', () => {
    prefersDark.addEventListener('change', follow);
    follow();
    drawGraticule(map);
    void drawWorld(map);
  });
  map.on('moveend', () => drawGraticule(map));
  return map;
}

function source(map: MapLibre, id: string): GeoJSONSource | undefined {
  return map.getSource<GeoJSONSource>(id);
}

function drawGraticule(map: MapLibre) {
  const bounds = map.getBounds();
  const view: Extent = [bounds.getWest(), bounds.getSouth(), bounds.getEast(), bounds.getNorth()];
  source(map, 'graticule')?.setData(graticule(view));
}

let world: Promise<Topology> | undefined;

async function drawWorld(map: MapLibre) {
  world ??= fetch(atlasUrl).then((response) => response.json());
  const topology = await world;
  const land = topology.objects.land as GeometryCollection;
  const countries = topology.objects.countries as GeometryCollection;
  const [continents] = feature(topology, land).features;
  const draw = (id: string, geometry: Geometry) => source(map, id)?.setData({ type: 'Feature', properties: {}, geometry });
  draw('land', continuousPolygons(continents.geometry as MultiPolygon));
  draw('coast', continuousLines(mesh(topology, land)));
  draw('borders', continuousLines(mesh(topology, countries, (a, b) => a !== b)));
}

/** Says on the document whether a map has drawn everything it was given, for whoever waits for that. */
export function announceReadiness(map: MapLibre) {
  const { dataset } = document.documentElement;
  dataset.mapReady = 'false';
  map.on('idle', () => (dataset.mapReady = 'true'));
  map.on('dataloading', () => (dataset.mapReady = 'false'));
  map.on('remove', () => delete dataset.mapReady);
}
