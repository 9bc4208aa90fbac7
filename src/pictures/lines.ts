/** Lines of ruled and squared paper, which are no part of a character. */
import type { Lines } from './resample.js';

/** In smaller pictures strokes are as thin as lines. */
const leastSide = 64;

/** Lines are at most so thick, as a share of the side that they are counted along, or 3 pixels. */
const thickest = 0.025;

/** A line is one if so much of its way across the picture is thin, */
const leastLength = 0.6;

/** or so much of it where it can be followed this far, through ink or not. */
const leastThin = 0.25;
const leastFollowed = 0.95;

/** A further line in the place of others has to add so much of its way. */
const leastNew = 0.1;

/** How far a line may rise over the picture, in hundredths of its length. */
const steepest = 6;

/** Ink on a line is told from it by its strength, if it is so much stronger. */
const leastApart = 30;

/** Rows of a line at one place of its way: the first one, and the first one after it. */
type Run = readonly [first: number, end: number];

/** A straight way across the picture: its row at each place, and how many of the places are thin. */
interface Track {
  readonly rows: readonly number[];
  readonly thin: number;
}

/** Strengths of ink and lines; what is stronger than the threshold is one of the two. */
interface Drawn {
  readonly values: Float32Array;
  readonly threshold: number;
}

/**
 * Takes thin straight lines across the picture out of strengths of ink, unless nothing else is in them. Ink
 * that a line runs through stays as it is where it is stronger than the line; else it is interpolated from
 * both sides of the line.
 */
export function withoutLines({ values, threshold }: Drawn, width: number, height: number): Float32Array {
  if (Math.min(width, height) < leastSide) return values;
  // Lines may be fainter than ink.
  const drawn = { values: values.slice(), threshold: threshold / 2 };
  eraseLines(drawn, { length: width, count: height, step: 1, stride: width });
  eraseLines(drawn, { length: height, count: width, step: width, stride: 1 });
  return drawn.values.some((value) => value > threshold) ? drawn.values : values;
}

function eraseLines(drawn: Drawn, axis: Lines): void {
  const { values, threshold } = drawn;
  const runs = runsAcross(drawn, axis);
  const tracks = tracksOf(runs, axis).sort((a, b) => b.thin - a.thin);
  if (tracks.length === 0) return;
  const full = strong(drawn);
  const valueAt = (row: number, i: number): number => values[i * axis.step + row * axis.stride]!;
  for (const { rows } of tracks) {
    const found = rows.map((row, i) => runs[i]!.find(([first, end]) => row >= first && row < end) ?? null);
    const thin = found.flatMap((run, i) => (run !== null && isThin(run, axis) ? [{ run, i }] : []));
    const fresh = thin.filter(({ run, i }) => valueAt((run[0] + run[1]) >> 1, i) > threshold);
    if (fresh.length < leastNew * axis.length) continue;
    const thickness = median(thin.map(({ run }) => run[1] - run[0]));
    const level = median(fresh.map(({ run, i }) => valueAt((run[0] + run[1]) >> 1, i)));
    const kept = full - level > leastApart ? (full + level) / 2 : Infinity;
    const bare = found.map((run) => (run !== null && run[1] - run[0] <= 1.5 * thickness + 1 ? run : null));
    const ways = bridged(bare, rows);
    bare.forEach((run, i) => {
      if (run === null) restore(values, i, { run: ways[i]!, kept, axis });
      else fill(values, i, { run, axis, level: () => 0 });
    });
  }
}

/** All runs of what is stronger than the threshold, at each place of an axis. */
function runsAcross({ values, threshold }: Drawn, { length, count, step, stride }: Lines): readonly Run[][] {
  return Array.from({ length }, (_, i) => {
    const runs: Run[] = [];
    for (let row = 0; row < count; row++) {
      const first = row;
      while (row < count && values[i * step + row * stride]! > threshold) row++;
      if (row > first) runs.push([first, row]);
    }
    return runs;
  });
}

/** Strokes that cross a line are longer across it than lines are thick. */
function isThin([first, end]: Run, { count }: Lines): boolean {
  return end - first <= Math.max(3, Math.round(thickest * count));
}

function tracksOf(runs: readonly Run[][], axis: Lines): Track[] {
  const { length, count } = axis;
  const thinPlaces = runs.filter((each) => each.some((run) => isThin(run, axis))).length;
  if (thinPlaces < leastThin * length) return [];
  // 1 where there is something, and 2 ** 16 more where it is thin: one sum counts both.
  const marks = new Int32Array(length * count);
  runs.forEach((each, i) => {
    for (const run of each) {
      const mark = isThin(run, axis) ? 2 ** 16 + 1 : 1;
      marks.fill(mark, i * count + run[0], i * count + run[1]);
    }
  });
  const tracks: Track[] = [];
  for (let rise = -steepest; rise <= steepest; rise++) {
    const shift = Int32Array.from({ length }, (_, i) => Math.round((rise / 100) * (i - length / 2)));
    for (let row = 0; row < count; row++) {
      let sum = 0;
      for (let i = 0; i < length; i++) {
        const at = row + shift[i]!;
        if (at >= 0 && at < count) sum += marks[i * count + at]!;
      }
      const [thin, followed] = [sum >> 16, sum & 0xffff];
      const isFollowed = thin >= leastThin * length && followed >= leastFollowed * length;
      if (isFollowed || thin >= leastLength * length)
        tracks.push({ rows: Array.from(shift, (by) => row + by), thin });
    }
  }
  return tracks;
}

/** The rows of a line at each place of its way: between its bare places it runs straight on. */
function bridged(bare: readonly (Run | null)[], rows: readonly number[]): readonly Run[] {
  const known = bare.flatMap((run, i) => (run === null ? [] : [i]));
  let next = 0;
  return rows.map((row, i) => {
    while (next < known.length - 1 && known[next]! < i) next++;
    const [before, after] = [known[Math.max(0, next - 1)]!, known[next]!];
    const part = Math.min(1, Math.max(0, (i - before) / Math.max(1, after - before)));
    const at = (end: 0 | 1): number =>
      row + (1 - part) * (bare[before]![end] - rows[before]!) + part * (bare[after]![end] - rows[after]!);
    return [Math.round(at(0)), Math.round(at(1))];
  });
}

interface Stretch {
  readonly run: Run;
  readonly axis: Lines;
}

/** Ink that a line runs through at one place of its way. */
function restore(
  values: Float32Array,
  i: number,
  { run, kept, axis }: Stretch & { readonly kept: number },
): void {
  const { count, step, stride } = axis;
  const [above, below] = [run[0] - 2, run[1] + 1];
  const valueAt = (row: number): number => values[i * step + Math.min(count - 1, Math.max(0, row)) * stride]!;
  const [top, bottom] = [valueAt(above), valueAt(below)];
  fill(values, i, {
    run,
    axis,
    level: (row) =>
      valueAt(row) > kept ? valueAt(row) : top + ((bottom - top) * (row - above)) / (below - above),
  });
}

/** Sets a stretch across a line, and the soft edge of a pixel on either side. */
function fill(
  values: Float32Array,
  i: number,
  { run, axis, level }: Stretch & { readonly level: (row: number) => number },
): void {
  for (let row = Math.max(0, run[0] - 1); row <= Math.min(axis.count - 1, run[1]); row++)
    values[i * axis.step + row * axis.stride] = level(row);
}

/** What a tenth of all that is drawn is stronger than: ink, whatever the strength of the lines. */
function strong({ values, threshold }: Drawn): number {
  const drawn = values.filter((value) => value > threshold).sort();
  return drawn[Math.floor(0.9 * drawn.length)] ?? 255;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;
}
