// The outline of a zone while it is drawn.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { ROOT } from './gate.mjs';

const { fault, middleAfter, settle, withPoint } = await import(join(ROOT, 'src/console/pages/zone_shape.js'));
const SQUARE = [[0, 0], [1, 0], [1, 1], [0, 1]];

test('a_point_goes_into_the_nearest_edge', () => {
  assert.deepEqual(withPoint(SQUARE, [0.5, 0.1]), { points: [[0, 0], [0.5, 0.1], [1, 0], [1, 1], [0, 1]], index: 1 });
  assert.deepEqual(withPoint(SQUARE, [0.1, 0.5]).index, 4);
  assert.deepEqual(withPoint([[0, 0]], [0.2, 0.2]), { points: [[0, 0], [0.2, 0.2]], index: 1 });
});

test('points_stay_in_the_picture_and_have_three_digits', () => {
  assert.deepEqual(settle([-0.2, 1.7]), [0, 1]);
  assert.deepEqual(settle([0.12345, 0.6789]), [0.123, 0.679]);
});

test('the_last_edge_leads_to_the_first_point', () => {
  assert.deepEqual(middleAfter(SQUARE, 3), [0, 0.5]);
});

test('an_outline_that_is_no_zone_is_told', () => {
  const around = Array.from({ length: 65 }, (_, index) => [0.5 + 0.4 * Math.cos(index * 0.0966), 0.5 + 0.4 * Math.sin(index * 0.0966)]);
  const cases = [
    [SQUARE, null], [[[0.2, 0.2], [0.8, 0.2], [0.5, 0.8]], null], [SQUARE.slice(0, 2), 'few'], [around, 'many'],
    [[[0, 0], [1, 1], [1, 0], [0, 1]], 'crossing'], [[[0, 0], [0.02, 0], [0.02, 0.02], [0, 0.02]], 'small'],
    // A point that was put back on another edge touches it.
    [[[0, 0], [1, 0], [0.5, 1], [0.5, 0]], 'crossing'],
  ];
  for (const [points, expected] of cases) assert.equal(fault(points), expected, JSON.stringify(points));
});
