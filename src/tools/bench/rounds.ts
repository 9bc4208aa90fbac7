/** Measures contenders in turn, so that what else the machine does meets all of them. */
import type { Contender, Failed } from './contenders.js';
import type { Answer, ContenderFacts, Running } from './process.js';

/** Something to be timed, and how many steps it does in a round. */
export interface Entrant {
  readonly contender: Contender;
  readonly running: Running;
  readonly steps: number;
}

/** What the rounds found of one contender. */
export interface Measured {
  readonly contender: Contender;
  readonly facts: ContenderFacts;
  /** Steps per round. */
  readonly steps: number;
  /** One figure per round. */
  readonly stepsPerSecond: readonly number[];
  /** CPU milliseconds of a step, one figure per round. */
  readonly cpuMs: readonly number[];
}

/** A round of one contender is made to last about this long. */
export const roundMs = 1500;

/** A calibration is good enough once its last run was this long. */
const enoughMs = roundMs / 4;
const calibrations = 8;
const largestGrowth = 16;

/**
 * Steps for about `targetMs`, from a run that may have been much shorter; never so many more that a bad
 * estimate takes minutes.
 */
export function stepsFor({ steps, ms }: Pick<Answer, 'steps' | 'ms'>, targetMs = roundMs): number {
  const wanted = Math.round((steps * targetMs) / Math.max(ms, 1e-3));
  return Math.max(1, Math.min(wanted, largestGrowth * steps));
}

/** Finds how many steps a contender does in a round; its last warm-up as well. */
export async function calibrate(run: (steps: number) => Promise<Omit<Answer, 'cpuMs'>>): Promise<number> {
  let steps = 1;
  for (let i = 0; i < calibrations; i++) {
    const answer = checked(await run(steps));
    steps = stepsFor(answer);
    if (answer.ms >= enoughMs) break;
  }
  return steps;
}

/** @throws Error if the contender computes something else than a loss */
function checked<T extends Omit<Answer, 'cpuMs'>>(answer: T): T {
  if (answer.loss === null || !Number.isFinite(answer.loss))
    throw new Error(`its loss is not a number after ${answer.steps} steps`);
  return answer;
}

/** Everyone once; each round begins with another one. @param round counted from 0 */
export function inTurn<T>(all: readonly T[], round: number): readonly T[] {
  const first = round % all.length;
  return [...all.slice(first), ...all.slice(0, first)];
}

export interface RoundHooks {
  readonly signal: AbortSignal;
  /** Called while everyone is idle. */
  readonly beforeRound?: () => Promise<void>;
  /** @param round counted from 1 */
  readonly onAnswer?: (contender: Contender, round: number, answer: Answer) => void;
  /** Steps per second of everyone who finished a round, in the order in which they were given. */
  readonly onRound?: (round: number, figures: readonly (readonly [Contender, number])[]) => void;
  /** May throw, where it makes no sense to measure the others. */
  readonly onFailure?: (contender: Contender, error: unknown) => void;
}

/**
 * Runs `rounds` rounds; in each, everyone once. Who fails is out of the later rounds.
 * @throws if the signal was aborted, and what `onFailure` throws
 * @returns those that finished all rounds and those that did not, in the order given
 */
export async function runRounds(
  entrants: readonly Entrant[],
  rounds: number,
  { signal, beforeRound, onAnswer, onRound, onFailure }: RoundHooks,
): Promise<(Measured | Failed)[]> {
  const all = entrants.map(({ contender, running, steps }) => ({
    running,
    measured: {
      contender,
      facts: running.facts,
      steps,
      stepsPerSecond: [] as number[],
      cpuMs: [] as number[],
    },
    skipped: null as string | null,
  }));
  for (let round = 1; round <= rounds; round++) {
    await beforeRound?.();
    for (const each of inTurn(all, round - 1)) {
      signal.throwIfAborted();
      if (each.skipped !== null) continue;
      const { contender, steps, stepsPerSecond, cpuMs } = each.measured;
      try {
        const answer = checked(await each.running.run(steps));
        stepsPerSecond.push((1000 * answer.steps) / answer.ms);
        cpuMs.push(answer.cpuMs / answer.steps);
        onAnswer?.(contender, round, answer);
      } catch (error) {
        // Ctrl-C ends the contenders too, which is no failure of theirs.
        signal.throwIfAborted();
        onFailure?.(contender, error);
        each.skipped = `failed in round ${round}: ${(error as Error).message}`;
      }
    }
    const finished = all.filter(({ skipped }) => skipped === null);
    onRound?.(
      round,
      finished.map(({ measured }) => [measured.contender, measured.stepsPerSecond.at(-1)!]),
    );
  }
  return all.map(({ measured, skipped }) =>
    skipped === null ? measured : { contender: measured.contender, skipped },
  );
}
