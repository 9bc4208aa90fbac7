import type { ControlPoint, Stroke } from './strokes.js';

/** The way of the pen as dense samples, in the order of writing. */
export interface Trace {
  readonly x: number[];
  readonly y: number[];
  /** Pen width at each sample, as a share of the writer's usual width. */
  readonly pressure: number[];
}

/** Distance between samples, in sides of the character's square: about a third of a pixel. */
const spacing = 0.012;

/** Strokes that thin out to a point do so over this length, in sides of the square. */
const taperLength = 0.22;

/**
 * Follows strokes with the pen.
 * @param taper how far strokes thin out towards their end: 0 not at all, 1 to nothing
 * @param links for each stroke, the pressure of the hair-line that leads on to the next stroke; 0 lifts the
 *   pen
 */
export function trace(strokes: readonly Stroke[], taper: number, links: readonly number[]): Trace {
  const result: Trace = { x: [], y: [], pressure: [] };
  strokes.forEach((stroke, index) => {
    const first = result.x.length;
    for (const run of runs(stroke)) followRun(run, result);
    thinOut(result, first, taper);
    const next = strokes[index + 1];
    const link = links[index] ?? 0;
    if (next !== undefined && link > 0) followRun(hairline(stroke.at(-1)!, next[0]!, link), result);
  });
  return result;
}

/** Splits a stroke at its corners; neighbours share the corner point. */
function runs(stroke: Stroke): readonly Stroke[] {
  const result: Stroke[] = [];
  let start = 0;
  for (let i = 1; i < stroke.length; i++) {
    if (stroke[i]!.corner || i === stroke.length - 1) {
      result.push(stroke.slice(start, i + 1));
      start = i;
    }
  }
  return result;
}

function hairline(from: ControlPoint, to: ControlPoint, pressure: number): Stroke {
  return [
    { ...from, pressure },
    { ...to, pressure },
  ];
}

/** Samples one smooth run by centripetal Catmull-Rom interpolation. */
function followRun(run: Stroke, out: Trace): void {
  for (let i = 0; i + 1 < run.length; i++) {
    const b = run[i]!;
    const c = run[i + 1]!;
    followSegment(run[i - 1] ?? mirrored(b, c), b, c, run[i + 2] ?? mirrored(c, b), out);
  }
  const end = run.at(-1)!;
  out.x.push(end.x);
  out.y.push(end.y);
  out.pressure.push(end.pressure);
}

/** The point that continues the line from `other` through `end`. */
function mirrored(end: ControlPoint, other: ControlPoint): ControlPoint {
  return { ...end, x: 2 * end.x - other.x, y: 2 * end.y - other.y };
}

/**
 * Samples the spline from `b` to `c` by the pyramid of Barry and Goldman, "A recursive evaluation algorithm
 * for a class of Catmull-Rom splines" (1988), with knots spaced by the square root of the distance: such a
 * curve has no cusp or loop within a segment (Yuksel, Schaefer, Keyser, "Parameterization and applications of
 * Catmull-Rom curves", 2011).
 */
function followSegment(a: ControlPoint, b: ControlPoint, c: ControlPoint, d: ControlPoint, out: Trace): void {
  const length = distance(b, c);
  const steps = 1 + Math.floor(length / spacing);
  const t1 = knot(a, b);
  const t2 = t1 + knot(b, c);
  const knots = { t1, t2, t3: t2 + knot(c, d) };
  const x = { a: a.x, b: b.x, c: c.x, d: d.x };
  const y = { a: a.y, b: b.y, c: c.y, d: d.y };
  for (let step = 0; step < steps; step++) {
    const share = step / steps;
    const t = t1 + (t2 - t1) * share;
    out.x.push(interpolate(x, knots, t));
    out.y.push(interpolate(y, knots, t));
    out.pressure.push(b.pressure + (c.pressure - b.pressure) * share);
  }
}

/** The curve at `t` through four values, the first of them at 0 and the others at the knots. */
function interpolate(
  { a, b, c, d }: Record<'a' | 'b' | 'c' | 'd', number>,
  { t1, t2, t3 }: Record<'t1' | 't2' | 't3', number>,
  t: number,
): number {
  const ab = (a * (t1 - t) + b * t) / t1;
  const bc = (b * (t2 - t) + c * (t - t1)) / (t2 - t1);
  const cd = (c * (t3 - t) + d * (t - t2)) / (t3 - t2);
  const abc = (ab * (t2 - t) + bc * t) / t2;
  const bcd = (bc * (t3 - t) + cd * (t - t1)) / (t3 - t1);
  return (abc * (t2 - t) + bcd * (t - t1)) / (t2 - t1);
}

/** Square root of the distance; never 0, so that points that fall together do no harm. */
function knot(a: ControlPoint, b: ControlPoint): number {
  return Math.sqrt(Math.max(distance(a, b), 1e-6));
}

function distance(a: ControlPoint, b: ControlPoint): number {
  const dx = b.x - a.x;
  const dy = b.y - a.y;
  return Math.sqrt(dx * dx + dy * dy);
}

/** Lets pressure fall towards the end of the stroke that begins at sample `first`. */
function thinOut(samples: Trace, first: number, taper: number): void {
  const last = samples.x.length - 1;
  const reach = Math.min(taperLength / spacing, (last - first) / 2);
  for (let i = Math.max(first, Math.floor(last - reach)); i <= last; i++) {
    const share = 1 - (last - i) / (reach + 1);
    samples.pressure[i]! *= 1 - taper * share * share;
  }
}
