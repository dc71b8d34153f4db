import { expect, test } from 'vitest';
import { stacExtent, tileBoxes, unionExtent, type Extent } from './extent';

test.each<[string, Extent[], Extent | null]>([
  ['nothing', [], null],
  ['one', [[10, 1, 20, 2]], [10, 1, 20, 2]],
  ['a point', [[10, 1, 10, 1]], [10, 1, 10, 1]],
  ['apart', [[10, 1, 20, 2], [30, -1, 40, 0]], [10, -1, 40, 2]],
  ['nested', [[10, 0, 40, 1], [20, 0, 30, 1]], [10, 0, 40, 1]],
  ['either side of the 180th meridian', [[170, 0, 175, 1], [-175, 0, -170, 1]], [170, 0, 190, 1]],
  ['across the meridian, written beyond 180', [[178, 0, 183, 1], [-179, 0, -178, 1]], [178, 0, 183, 1]],
  ['across the meridian, written below -180', [[-183, 0, -178, 1]], [177, 0, 182, 1]],
  ['the whole world', [[-180, -90, 180, 90]], [-180, -90, 180, 90]],
])('the union of extents: %s', (_, extents, expected) => {
  expect(unionExtent(extents)).toEqual(expected);
});

test.each<[Extent, Extent[]]>([
  [[10, 1, 20, 2], [[10, 1, 20, 2]]],
  [[178, 1, 183, 2], [[178, 1, 180, 2], [-180, 1, -177, 2]]],
  [[-183, 1, -178, 2], [[177, 1, 180, 2], [-180, 1, -178, 2]]],
  [[-200, -90, 200, 90], [[-180, -85.0511287798066, 180, 85.0511287798066]]],
])('the tile boxes of %j', (extent, boxes) => {
  expect(tileBoxes(extent)).toEqual(boxes);
});

test('a STAC box that crosses the 180th meridian keeps its west', () => {
  expect(stacExtent([170, 1, -170, 2])).toEqual([170, 1, 190, 2]);
  expect(stacExtent([1, 2, 99, 3, 4, 100])).toEqual([1, 2, 3, 4]);
});
