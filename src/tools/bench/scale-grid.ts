/** Times a training step over batch sizes and widths, as far as memory and patience go. */
import { EngineError, type ErrorKind } from '../../base/errors.js';
import type { StepTiming, StepWork } from './measure.js';
import { stepsFor } from './rounds.js';
import { spreadOf, type Spread } from './spread.js';
import type { StepBench, StepCost } from './step-bench.js';

/** A network of equally wide hidden layers, and its batch size. */
export interface Point {
  readonly batch: number;
  readonly width: number;
}

/** A point that was timed. */
export interface TimedPoint extends Point {
  readonly cost: StepCost;
  /** Milliseconds per step. */
  readonly ms: Spread;
}

/** Why a point was not timed: in two words for the table, and in full. */
export interface Missing {
  readonly missing: 'too large' | 'skipped' | 'failed';
  readonly why: string;
  /** Milliseconds that a step was expected to take, where that is why. */
  readonly expectedMs?: number;
}

export type PointResult = TimedPoint | (Point & Missing);

export function isTimed(point: PointResult): point is TimedPoint {
  return 'ms' in point;
}

export interface GridOptions {
  readonly points: readonly Point[];
  readonly depth: number;
  readonly rounds: number;
  /** The longest that one point may take over all rounds, in seconds. */
  readonly budget: number;
  /** Bytes that a step may take. */
  readonly memory: number;
  readonly signal: AbortSignal;
  /** Called while nothing is measured. */
  readonly beforeRound: () => Promise<void>;
  readonly onPoint: (point: Point, round: number) => void;
}

/** How long a round of one point is made to last, if the budget allows. */
const sampleMs = 400;

/** Steps that a round takes at least: two that compile and warm up, and one that is timed. */
const leastSteps = 3;

/**
 * The step of `depth` hidden layers of `width` on images of 784 pixels; without dropout, so that all of it is
 * products.
 */
export function pointWork({ batch, width }: Point, depth: number): StepWork {
  return {
    inputs: 784,
    hidden: new Array<number>(depth).fill(width),
    classes: 10,
    dropout: 0,
    learningRate: 1e-3,
    weightDecay: 5e-4,
    batchSize: batch,
  };
}

/** A step that does next to nothing in as many dispatches: what is left is the cost of launching them. */
export function minimalWork(depth: number): StepWork {
  return { ...pointWork({ batch: 1, width: 1 }, depth), inputs: 1, classes: 2 };
}

/** What one dispatch costs however little it does. */
export interface LaunchCost {
  readonly dispatches: number;
  /** Milliseconds of the whole minimal step. */
  readonly ms: Spread;
  /**
   * Of the fastest figure: a cost that is nearly nothing is easily drowned by what else the machine does.
   */
  readonly msPerDispatch: number;
}

/** @throws EngineError `interrupted`, or the first error of the GPU */
export async function measureLaunch(
  bench: StepBench,
  { depth, rounds, signal }: GridOptions,
): Promise<LaunchCost> {
  const work = minimalWork(depth);
  const { dispatches } = bench.cost(work);
  const times: number[] = [];
  for (let round = 0; round < rounds; round++) times.push(await timeOnce(bench, work, sampleMs, signal));
  const ms = spreadOf(times);
  return { dispatches, ms, msPerDispatch: ms.min / dispatches };
}

/** A round of one point tries again until it has taken so many times as long as it should. */
const patience = 4;

/** Two runs agree whose figures differ by less than this share. */
const agreement = 0.25;

/**
 * One figure: a step made ready, timed for about `targetMs`, and given back. The figure is of a run that
 * lasted and agrees with the one before: hundreds of steps can be over in a few milliseconds on a GPU, and a
 * single pause would be the figure.
 * @returns milliseconds per step
 */
async function timeOnce(
  bench: StepBench,
  work: StepWork,
  targetMs: number,
  signal: AbortSignal,
): Promise<number> {
  const runner = await bench.prepare(work);
  const msPerStep = ({ ms, steps }: Pick<StepTiming, 'ms' | 'steps'>): number => ms / steps;
  try {
    let last = await runner.run(1, signal);
    // A step that fills the time by itself has been timed already.
    if (stepsFor(last, targetMs) === 1) return last.ms;
    last = await runner.run(stepsFor(last, targetMs), signal);
    for (let spentMs = 0, isDone = false; spentMs < patience * targetMs && !isDone;) {
      const timed = await runner.run(stepsFor(last, targetMs), signal);
      const change = Math.abs(msPerStep(timed) / msPerStep(last) - 1);
      isDone = timed.ms >= targetMs / 2 && change < agreement;
      spentMs += timed.ms;
      last = timed;
    }
    return msPerStep(last);
  } finally {
    runner.release();
  }
}

/**
 * Times every point once per round, so that a machine that slows down meanwhile does so for all of them;
 * least work first, so that the time of a step is known before it is tried. Points that the device's limits
 * or the memory refuse, and those that would take too long, are left out.
 * @returns the points in the order given
 * @throws EngineError `interrupted`
 */
export async function measureGrid(
  bench: StepBench,
  launch: LaunchCost,
  options: GridOptions,
): Promise<PointResult[]> {
  const { points, depth, rounds, budget, signal } = options;
  const missing = new Map<Point, Missing>();
  const upwards = points
    .flatMap((point): Candidate[] => {
      const cost = costOf(bench, pointWork(point, depth), options);
      if (!('missing' in cost)) return [{ point, cost, times: [] }];
      missing.set(point, cost);
      return [];
    })
    .sort((a, b) => a.cost.flops - b.cost.flops);
  for (let round = 0; round < rounds; round++) {
    await options.beforeRound();
    for (const [index, candidate] of upwards.entries()) {
      const { point, times } = candidate;
      const slow = round === 0 ? tooSlow(candidate, upwards.slice(0, index), launch, options) : null;
      if (slow !== null) missing.set(point, slow);
      if (missing.has(point)) continue;
      options.onPoint(point, round);
      const targetMs = Math.min(sampleMs, (1000 * budget) / rounds);
      try {
        times.push(await timeOnce(bench, pointWork(point, depth), targetMs, signal));
      } catch (error) {
        missing.set(point, await failedPoint(bench, error));
      }
    }
  }
  return points.map((point): PointResult => {
    const why = missing.get(point);
    if (why !== undefined) return { ...point, ...why };
    const { cost, times } = upwards.find((each) => each.point === point)!;
    return { ...point, cost, ms: spreadOf(times) };
  });
}

/** A point that fits. */
interface Candidate {
  readonly point: Point;
  readonly cost: StepCost;
  /** Milliseconds per step, one figure per round. */
  readonly times: number[];
}

/** The cost of a step, or why it cannot run here. */
function costOf(bench: StepBench, work: StepWork, { memory }: GridOptions): StepCost | Missing {
  try {
    const cost = bench.cost(work);
    if (cost.bytes <= memory) return cost;
    const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(0)} MB`;
    return {
      missing: 'too large',
      why: `it takes ${megabytes(cost.bytes)}, and ${megabytes(memory)} may be used`,
    };
  } catch (error) {
    if (error instanceof EngineError && error.kind === 'usage')
      return { missing: 'too large', why: error.message };
    throw error;
  }
}

/**
 * A share of a step's time that is taken to grow with the work, however much of it launches seem to explain.
 */
const leastShare = 0.1;

/**
 * Why a point is not tried, judging from the one with the next less work: what is not a launch grows with
 * the FLOPs.
 */
function tooSlow(
  { cost }: Candidate,
  smaller: readonly Candidate[],
  launch: LaunchCost,
  { rounds, budget }: GridOptions,
): Missing | null {
  const known = smaller.findLast(({ times }) => times.length > 0);
  if (known === undefined) return null;
  const knownMs = known.times[0]!;
  const growing = Math.max(knownMs - launch.ms.min, leastShare * knownMs);
  const expectedMs = launch.ms.min + (growing * cost.flops) / known.cost.flops;
  if (expectedMs * leastSteps * rounds <= 1000 * budget) return null;
  return { missing: 'skipped', why: 'longer than --budget allows, judging from less work', expectedMs };
}

/** What a point can end with that another one need not. */
const failures: ReadonlySet<ErrorKind> = new Set(['gpu', 'device-lost', 'out-of-memory']);

/**
 * A point that the GPU could not do (its memory was too small, say) must not end the table.
 * @throws what is no error of the GPU
 */
async function failedPoint(bench: StepBench, error: unknown): Promise<Missing> {
  if (!(error instanceof EngineError && failures.has(error.kind))) throw error;
  await bench.recover();
  return { missing: 'failed', why: error.message.split('\n')[0] ?? '' };
}
