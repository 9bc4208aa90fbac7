import type { Random } from '../../base/philox.js';
import { bell, clamp } from './chance.js';
import type { ControlPoint, Stroke } from './strokes.js';

/** Moves every point; pressures and corners stay. */
export function movePoints(
  strokes: readonly Stroke[],
  move: (point: ControlPoint) => { readonly x: number; readonly y: number },
): readonly Stroke[] {
  return strokes.map((stroke) => stroke.map((point) => ({ ...point, ...move(point) })));
}

/** A linear map of the plane about the centre of the character's square. */
export interface Linear {
  readonly xx: number;
  readonly xy: number;
  readonly yx: number;
  readonly yy: number;
}

/**
 * Stretch by `aspect` in x and its inverse in y, then lean to the right, then turn.
 * @param slant how far the top edge shifts to the right against the bottom edge
 * @param halfTurn tangent of half the angle of the turn, clockwise as seen on paper; from it sine and cosine
 *   are the fractions 2t/(1+t²) and (1-t²)/(1+t²), whose bits do not depend on the engine
 */
export function linear(aspect: number, slant: number, halfTurn: number): Linear {
  const scale = 1 / (1 + halfTurn * halfTurn);
  const cosine = (1 - halfTurn * halfTurn) * scale;
  const sine = 2 * halfTurn * scale;
  const lean = -slant / aspect;
  return {
    xx: cosine * aspect,
    xy: cosine * lean - sine / aspect,
    yx: sine * aspect,
    yy: sine * lean + cosine / aspect,
  };
}

/** Applies a linear map. */
export function transform(strokes: readonly Stroke[], map: Linear): readonly Stroke[] {
  return movePoints(strokes, (point) => {
    const x = point.x - 0.5;
    const y = point.y - 0.5;
    return { x: 0.5 + map.xx * x + map.xy * y, y: 0.5 + map.yx * x + map.yy * y };
  });
}

/** Cells along each side of the character's square: the grain of the elastic distortion. */
const cells = 2;
/** A cubic spline over `cells` cells has one more node before them and two after. */
const side = cells + 3;
/**
 * Root mean square of the spline for nodes of unit variance: the integral of the squared weights is 151/315
 * per axis.
 */
const splineGain = 151 / 315;

/**
 * Elastic distortion: shifts every point by a smooth random field, a uniform cubic B-spline over a lattice of
 * random vectors.
 * @param deviation standard deviation of the shift in each direction, in sides of the square
 */
export function bend(random: Random, strokes: readonly Stroke[], deviation: number): readonly Stroke[] {
  const across = makeLattice(random, deviation);
  const down = makeLattice(random, deviation);
  return movePoints(strokes, (point) => {
    const column = clamp(Math.floor(point.x * cells), 0, cells - 1);
    const row = clamp(Math.floor(point.y * cells), 0, cells - 1);
    const columnWeights = splineWeights(point.x * cells - column);
    const rowWeights = splineWeights(point.y * cells - row);
    let { x, y } = point;
    for (let j = 0; j < 4; j++) {
      for (let i = 0; i < 4; i++) {
        const node = (row + j) * side + column + i;
        const weight = rowWeights[j]! * columnWeights[i]!;
        x += weight * across[node]!;
        y += weight * down[node]!;
      }
    }
    return { x, y };
  });
}

function makeLattice(random: Random, deviation: number): Float64Array {
  return Float64Array.from({ length: side * side }, () => (bell(random) * deviation) / splineGain);
}

/** The four weights of a uniform cubic B-spline at `t` of a cell, 0 to 1. */
function splineWeights(t: number): readonly [number, number, number, number] {
  const s = 1 - t;
  return [
    (s * s * s) / 6,
    (3 * t * t * t - 6 * t * t + 4) / 6,
    (3 * s * s * s - 6 * s * s + 4) / 6,
    (t * t * t) / 6,
  ];
}

/** Shifts every point by itself, with this standard deviation in each direction, in sides of the square. */
export function wobble(random: Random, strokes: readonly Stroke[], deviation: number): readonly Stroke[] {
  return movePoints(strokes, ({ x, y }) => ({
    x: x + deviation * bell(random),
    y: y + deviation * bell(random),
  }));
}
