// The outline of a zone while it is drawn. Points are shares of the picture.

/** As many points as an outline may have. */
export const MOST_POINTS = 64;
const SMALLEST_AREA = 0.001;

const within = (value) => Math.round(Math.min(1, Math.max(0, value)) * 1000) / 1000;

/** A point, moved into the picture and to a thousandth of it. */
export const settle = ([x, y]) => [within(x), within(y)];

/** Puts a point into the edge that is nearest to it; gives the outline and the point's place in it. */
export function withPoint(points, point) {
  if (points.length < 3) return { points: [...points, settle(point)], index: points.length };
  const distances = points.map((from, index) => distanceToEdge(point, from, points[(index + 1) % points.length]));
  const index = distances.indexOf(Math.min(...distances)) + 1;
  return { points: points.toSpliced(index, 0, settle(point)), index };
}

/** The middle of the edge that begins at a point. */
export function middleAfter(points, index) {
  const [from, to] = [points[index], points[(index + 1) % points.length]];
  return [(from[0] + to[0]) / 2, (from[1] + to[1]) / 2];
}

function distanceToEdge([x, y], [ax, ay], [bx, by]) {
  const length = (bx - ax) ** 2 + (by - ay) ** 2;
  const along = length === 0 ? 0 : Math.min(1, Math.max(0, ((x - ax) * (bx - ax) + (y - ay) * (by - ay)) / length));
  return Math.hypot(x - ax - along * (bx - ax), y - ay - along * (by - ay));
}

/** What keeps the points from being a zone: `few`, `many`, `crossing` or `small`; null if nothing does. */
export function fault(points) {
  if (points.length < 3) return 'few';
  if (points.length > MOST_POINTS) return 'many';
  if (crossesItself(points)) return 'crossing';
  return area(points) < SMALLEST_AREA ? 'small' : null;
}

function area(points) {
  return Math.abs(points.reduce((sum, [x, y], index) => {
    const [nextX, nextY] = points[(index + 1) % points.length];
    return sum + x * nextY - nextX * y;
  }, 0)) / 2;
}

function crossesItself(points) {
  const edges = points.map((point, index) => [point, points[(index + 1) % points.length]]);
  return edges.some((one, i) => edges.some((other, j) => {
    const apart = Math.min(Math.abs(i - j), edges.length - Math.abs(i - j));
    return apart > 1 && j > i && cross(one, other);
  }));
}

function side([ax, ay], [bx, by], [cx, cy]) {
  return Math.sign((bx - ax) * (cy - ay) - (by - ay) * (cx - ax));
}

const cross = ([a, b], [c, d]) => side(a, b, c) * side(a, b, d) <= 0 && side(c, d, a) * side(c, d, b) <= 0;
