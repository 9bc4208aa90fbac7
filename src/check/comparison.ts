/** What an adapter gave, held against what it must give. */
import type { Expected } from './ball.js';

/** A tensor whose worst element is outside its bound, with the kernel that wrote it. */
export interface Fault {
  readonly run: Pass;
  readonly kernel: string;
  readonly tensor: string;
  readonly trial: number;
  /** Row and column of the worst element. */
  readonly element: readonly [number, number];
  readonly found: string;
  readonly expected: number;
  readonly bound: number;
}

/** What ran: training steps, with an op per kernel or fused; an evaluation; the check of parameters. */
export type Pass = 'kernel by kernel' | 'fused' | 'evaluation' | 'check';

/** Puts a fault into what is read back: for tests of the checks themselves. */
export type Tamper = (tensor: string, values: number[]) => void;

export interface Tally {
  run: Pass;
  /** Kernels whose results were compared, with their variants. */
  readonly kernels: Set<string>;
  compared: number;
  /** The largest error as a share of its bound. */
  worstShare: number;
  readonly faults: Fault[];
  readonly tamper: Tamper;
}

export function startTally(run: Pass, tamper: Tamper = () => undefined): Tally {
  return { run, kernels: new Set(), compared: 0, worstShare: 0, faults: [], tamper };
}

/** Where numbers come from: the names are those that a fault gets. */
export interface Origin {
  readonly kernel: string;
  readonly tensor: string;
  readonly trial: number;
}

/** Compares a tensor; one whose worst element is out of its bound becomes a fault. */
export function compare(origin: Origin, values: number[], wanted: Expected, tally: Tally): void {
  tally.tamper(origin.tensor, values);
  let worst = { share: 0, index: 0 };
  wanted.balls.forEach(({ x, r }, index) => {
    const error = Math.abs(values[index]! - x);
    // A NaN is no match, and neither is a bound of infinity.
    const share = error === 0 ? 0 : r < Infinity && error / r >= 0 ? error / r : Infinity;
    if (share > worst.share) worst = { share, index };
  });
  tally.kernels.add(origin.kernel);
  tally.compared += wanted.balls.length;
  tally.worstShare = Math.max(tally.worstShare, worst.share);
  if (worst.share <= 1) return;
  const { x, r } = wanted.balls[worst.index]!;
  tally.faults.push({
    run: tally.run,
    ...origin,
    element: [Math.floor(worst.index / wanted.columns), worst.index % wanted.columns],
    found: String(values[worst.index]!),
    expected: x,
    bound: r,
  });
}
