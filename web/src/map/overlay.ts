/** The layers of points and footprints above the rasters. */
import type { ExpressionSpecification, Map as MapLibre } from 'maplibre-gl';
import type { Feature, FeatureCollection } from 'geojson';
import { entryExtent } from '../extent';
import { isPhoto, isRaster, type Entry } from '../model';
import { palette } from './palette';

/** What a click or a hover may meet, topmost first. */
export const selectableLayers = ['photo-points', 'footprint-fills'];

const collection = (features: Feature[]): FeatureCollection => ({ type: 'FeatureCollection', features });

/** Photos, and whatever else has a position but no extent. */
export function pointFeatures(entries: Entry[]): FeatureCollection {
  return collection(entries.flatMap(({ point_geom, ...entry }) => {
    const geometry = point_geom?.geometry;
    if (!geometry || (entry.polygon_geom && !isPhoto(entry as Entry))) return [];
    return [{ type: 'Feature', properties: { path: entry.path }, geometry }];
  }));
}

export function footprintFeatures(entries: Entry[]): FeatureCollection {
  return collection(entries.flatMap((entry) => {
    const geometry = entry.polygon_geom?.geometry;
    const extent = entryExtent(entry);
    if (!geometry || !extent) return [];
    const area = (extent[2] - extent[0]) * (extent[3] - extent[1]);
    return [{ type: 'Feature', properties: { path: entry.path, area, raster: isRaster(entry) }, geometry }];
  }));
}

/** Makes the layers if they are not there yet, and gives them the colours of the day and of the selection. */
export function paintOverlay(map: MapLibre, selected: string | null) {
  if (!map.getSource('points')) addLayers(map);
  const { footprint, photo, halo, selected: highlight } = palette();
  const whenSelected = <T extends string | number | ExpressionSpecification>(yes: T, no: T): ExpressionSpecification =>
    ['case', ['==', ['get', 'path'], selected ?? ''], yes, no] as unknown as ExpressionSpecification;

  map.setPaintProperty('footprint-fills', 'fill-color', whenSelected(highlight, footprint));
  map.setPaintProperty('footprint-fills', 'fill-opacity', ['case', ['get', 'raster'], 0, whenSelected(0.18, 0.05)]);
  map.setPaintProperty('footprint-lines', 'line-color', whenSelected(highlight, footprint));
  map.setPaintProperty('footprint-lines', 'line-width', whenSelected(2.5, 1));
  map.setPaintProperty('footprint-lines', 'line-opacity', whenSelected(1, 0.7));
  map.setPaintProperty('photo-points', 'circle-color', whenSelected(highlight, photo));
  map.setPaintProperty('photo-points', 'circle-radius', whenSelected(8, 5.5));
  map.setPaintProperty('photo-points', 'circle-stroke-color', halo);
  map.setLayoutProperty('photo-points', 'circle-sort-key', whenSelected(1, 0));
  map.setLayoutProperty('footprint-lines', 'line-sort-key', whenSelected(1, 0));
}

function addLayers(map: MapLibre) {
  const empty = { type: 'geojson' as const, data: collection([]) };
  map.addSource('footprints', empty);
  map.addSource('points', empty);
  map.addLayer({ id: 'footprint-fills', type: 'fill', source: 'footprints' });
  map.addLayer({ id: 'footprint-lines', type: 'line', source: 'footprints' });
  map.addLayer({ id: 'photo-points', type: 'circle', source: 'points', paint: { 'circle-stroke-width': 1.5 } });
}
