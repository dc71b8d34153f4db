/** Lines of equal longitude and latitude, as close as the zoom allows. */
import type { Feature, MultiLineString, Position } from 'geojson';
import type { Extent } from '../extent';

/** Distances between lines, in degrees; each divides the one before it. */
const steps = [30, 10, 5, 1, 0.5, 0.1, 0.05, 0.01, 0.005, 0.001, 0.0005, 0.0001];

/** The step that leaves about six lines across an extent. */
function stepFor([west, , east]: Extent): number {
  return steps.find((step) => (east - west) / step >= 6) ?? steps[steps.length - 1];
}

export function graticule(view: Extent): Feature<MultiLineString> {
  const step = stepFor(view);
  const lines: Position[][] = [];
  const [west, south, east, north] = [view[0], Math.max(view[1], -85), view[2], Math.min(view[3], 85)];
  for (let i = Math.floor(west / step); i <= Math.ceil(east / step); i++) {
    lines.push([[i * step, south], [i * step, north]]);
  }
  for (let i = Math.ceil(south / step); i <= Math.floor(north / step); i++) {
    lines.push([[west, i * step], [east, i * step]]);
  }
  return { type: 'Feature', properties: {}, geometry: { type: 'MultiLineString', coordinates: lines } };
}
