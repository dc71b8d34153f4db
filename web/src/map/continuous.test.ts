import { expect, test } from 'vitest';
import { continuousLine, continuousRing } from './continuous';

test('a line that steps over the 180th meridian runs on beyond it', () => {
  expect(continuousLine([[170, 1], [180, 2], [-170, 3], [175, 4]])).toEqual([[170, 1], [180, 2], [190, 3], [175, 4]]);
  expect(continuousLine([[-170, 1], [170, 2], [-175, 3]])).toEqual([[-170, 1], [-190, 2], [-175, 3]]);
});

test('a ring round the south pole is closed along it', () => {
  const ring = [[-120, -70], [0, -75], [120, -80], [-120, -70]];
  expect(continuousRing(ring)).toEqual([[-120, -70], [0, -75], [120, -80], [240, -70], [240, -90], [-120, -90], [-120, -70]]);
});

test('any other ring stays as it is', () => {
  const ring = [[0, 0], [1, 0], [1, 1], [0, 0]];
  expect(continuousRing(ring)).toEqual(ring);
});
