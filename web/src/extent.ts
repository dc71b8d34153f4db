/**
 * Extents on a round world. Longitudes may lie beyond ±180, as in geometries that cross the 180th meridian, so an
 * extent's west is always the smaller number and its east may exceed 180.
 */
import type { Position } from 'geojson';
import type { Entry } from './model';

/** West, south, east, north in degrees, west ≤ east. */
export type Extent = [number, number, number, number];

/** The latitude at which the Web Mercator square ends. */
const mercatorLimit = 85.0511287798066;

const wrap = (longitude: number) => longitude - 360 * Math.floor((longitude + 180) / 360);

function extentOf(positions: Position[]): Extent | null {
  const extent: Extent = [Infinity, Infinity, -Infinity, -Infinity];
  for (const [x, y] of positions) {
    if (!Number.isFinite(x) || !Number.isFinite(y)) continue;
    extent[0] = Math.min(extent[0], x);
    extent[1] = Math.min(extent[1], y);
    extent[2] = Math.max(extent[2], x);
    extent[3] = Math.max(extent[3], y);
  }
  return extent[0] <= extent[2] ? extent : null;
}

/** What an entry covers: its polygon, else its point, else nothing. */
export function entryExtent(entry: Entry): Extent | null {
  const rings = entry.polygon_geom?.geometry?.coordinates;
  if (rings) return extentOf(rings.flat());
  const position = entry.point_geom?.geometry?.coordinates;
  return position ? extentOf([position]) : null;
}

/** A STAC bounding box of four or six numbers, whose west may be greater than its east. */
export function stacExtent(bbox: number[]): Extent | null {
  const [west, south, east, north] = bbox.length === 6 ? [bbox[0], bbox[1], bbox[3], bbox[4]] : bbox;
  if (![west, south, east, north].every(Number.isFinite)) return null;
  return [west, south, east < west ? east + 360 : east, north];
}

/** The smallest extent that holds all the given ones, going round whichever way is shorter. */
export function unionExtent(extents: Extent[]): Extent | null {
  if (extents.length === 0) return null;
  const south = extents.reduce((least, extent) => Math.min(least, extent[1]), Infinity);
  const north = extents.reduce((most, extent) => Math.max(most, extent[3]), -Infinity);
  const arcs = extents
    .map(([west, , east]) => ({ start: wrap(west), width: Math.min(east - west, 360) }))
    .sort((a, b) => a.start - b.start);

  // Walk eastwards once round, remembering the widest stretch that no arc covers: the union starts after it.
  let reach = arcs.reduce((most, { start, width }) => Math.max(most, start + width - 360), -Infinity);
  let gap = -1;
  let west = arcs[0].start;
  let gapStart = reach;
  for (const { start, width } of arcs) {
    if (start - reach > gap) {
      gap = start - reach;
      gapStart = reach;
      west = start;
    }
    reach = Math.max(reach, start + width);
  }
  if (gap <= 0) return [-180, south, 180, north];
  const east = gapStart < west ? gapStart + 360 : gapStart;
  return [west, south, east, north];
}

/**
 * The parts of an extent as boxes within ±180 and the Web Mercator square, which is what a tile source understands:
 * one box, or two where the extent crosses the 180th meridian.
 */
export function tileBoxes([west, south, east, north]: Extent): Extent[] {
  const bottom = Math.max(south, -mercatorLimit);
  const top = Math.min(north, mercatorLimit);
  if (east - west >= 360) return [[-180, bottom, 180, top]];
  const start = wrap(west);
  const end = start + (east - west);
  if (end <= 180) return [[start, bottom, end, top]];
  return [[start, bottom, 180, top], [-180, bottom, end - 360, top]];
}

/** The extent as a closed ring. */
export const extentRing = ([west, south, east, north]: Extent): Position[] =>
  [[west, south], [east, south], [east, north], [west, north], [west, south]];
