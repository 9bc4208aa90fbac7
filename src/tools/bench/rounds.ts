/** Measures contenders in turn, so that what else the machine does meets all of them. */
import type { Contender } from './contenders.js';
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
}

export interface Failed {
  readonly contender: Contender;
  readonly skipped: string;
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
export async function calibrate(run: Running['run']): Promise<number> {
  let steps = 1;
  for (let i = 0; i < calibrations; i++) {
    const answer = checked(await run(steps));
    steps = stepsFor(answer);
    if (answer.ms >= enoughMs) break;
  }
  return steps;
}

/** @throws Error if the contender computes something else than a loss */
function checked(answer: Answer): Answer {
  if (answer.loss === null || !Number.isFinite(answer.loss))
    throw new Error(`its loss is not a number after ${answer.steps} steps`);
  return answer;
}

export interface RoundHooks {
  readonly signal: AbortSignal;
  /** Called while everyone is idle. */
  readonly beforeRound?: () => Promise<void>;
  /** @param round counted from 1 */
  readonly onAnswer?: (contender: Contender, round: number, answer: Answer) => void;
  /** Steps per second of everyone who finished a round, in the order in which they were given. */
  readonly onRound?: (round: number, figures: readonly (readonly [Contender, number])[]) => void;
  /** May throw, where going on without this one makes no sense. */
  readonly onFailure?: (contender: Contender, error: unknown) => void;
}

/**
 * Runs `rounds` rounds; in each, everyone once, and each round begins with another one. Who fails is out of
 * the later rounds.
 * @throws if the signal was aborted, and what `onFailure` throws
 * @returns those that finished all rounds and those that did not, in the order given
 */
export async function runRounds(
  entrants: readonly Entrant[],
  rounds: number,
  { signal, beforeRound, onAnswer, onRound, onFailure }: RoundHooks,
): Promise<(Measured | Failed)[]> {
  const figures = new Map(entrants.map((entrant) => [entrant, [] as number[]]));
  const failures = new Map<Entrant, string>();
  for (let round = 0; round < rounds; round++) {
    await beforeRound?.();
    for (let turn = 0; turn < entrants.length; turn++) {
      const entrant = entrants[(round + turn) % entrants.length]!;
      signal.throwIfAborted();
      if (failures.has(entrant)) continue;
      try {
        const answer = checked(await entrant.running.run(entrant.steps));
        figures.get(entrant)!.push((1000 * answer.steps) / answer.ms);
        onAnswer?.(entrant.contender, round + 1, answer);
      } catch (error) {
        // Ctrl-C ends the contenders too, which is no failure of theirs.
        signal.throwIfAborted();
        onFailure?.(entrant.contender, error);
        failures.set(entrant, `failed in round ${round + 1}: ${(error as Error).message}`);
      }
    }
    const finished = entrants.filter((entrant) => figures.get(entrant)!.length > round);
    onRound?.(
      round + 1,
      finished.map((entrant) => [entrant.contender, figures.get(entrant)![round]!]),
    );
  }
  return entrants.map((entrant) => {
    const { contender, running, steps } = entrant;
    const skipped = failures.get(entrant);
    if (skipped !== undefined) return { contender, skipped };
    return { contender, facts: running.facts, steps, stepsPerSecond: figures.get(entrant)! };
  });
}
