/**
 * Lines and rings made continuous. The atlas draws on a globe: a ring may step from 180 to -180, or go round a pole.
 * A flat map needs the steps taken out (longitudes then run beyond ±180) and the way to the pole drawn.
 */
import type { MultiLineString, MultiPolygon, Polygon, Position } from 'geojson';

/** The line with every step of more than half a turn replaced by the short way round. */
export function continuousLine(line: Position[]): Position[] {
  let turns = 0;
  return line.map(([x, y], i) => {
    if (i > 0) turns -= Math.round((x - line[i - 1][0]) / 360);
    return [x + 360 * turns, y];
  });
}

/** The ring likewise; one that goes round a pole is closed along it. */
export function continuousRing(ring: Position[]): Position[] {
  const line = continuousLine(ring);
  const [first, last] = [line[0], line[line.length - 1]];
  if (Math.abs(last[0] - first[0]) < 180) return line;
  const pole = first[1] < 0 ? -90 : 90;
  return [...line, [last[0], pole], [first[0], pole], first];
}

export const continuousPolygons = (polygons: Polygon | MultiPolygon): MultiPolygon => ({
  type: 'MultiPolygon',
  coordinates: (polygons.type === 'Polygon' ? [polygons.coordinates] : polygons.coordinates)
    .map((rings) => rings.map(continuousRing)),
});

export const continuousLines = (lines: MultiLineString): MultiLineString => ({
  type: 'MultiLineString',
  coordinates: lines.coordinates.map(continuousLine),
});
