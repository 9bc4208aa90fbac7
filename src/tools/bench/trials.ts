/** Trials side by side in one program, beside as many one after another. */
import type { StepWork } from './measure.js';
import { alignedTable, textColumns, wrap } from '../../base/text.js';
import { benchStep } from './contenders.js';
import { tellMachine } from './machine.js';
import { calibrate, inTurn } from './rounds.js';
import { significant, spreadOf, withRange, type Spread } from './spread.js';
import { withStepBench, type ChosenAdapter, type StepBench, type StepBenchContext } from './step-bench.js';

/** One round: the same number of steps of every trial, once all together and once one after another. */
export interface TrialsRound {
  readonly togetherMs: number;
  readonly aloneMs: number;
}

/** What the rounds found at one batch size. */
export interface TrialsResult {
  readonly batch: number;
  readonly trials: number;
  /** Steps of each trial per round. */
  readonly steps: number;
  /** Steps of any trial per second. */
  readonly together: Spread;
  readonly alone: Spread;
  /** How many times as fast the trials are together, of the figures of each round. */
  readonly ratio: Spread;
  /** How many times as long all trials together take as one alone, of the figures of each round. */
  readonly timeOfOne: Spread;
}

export interface TrialsOptions {
  readonly trials: number;
  readonly rounds: number;
  /** null: what takes about 1.5 s. */
  readonly steps: number | null;
  readonly signal: AbortSignal;
  /** Called while nothing is measured. */
  readonly beforeRound: () => Promise<void>;
  /** @param round counted from 1 */
  readonly onRound: (round: number, figures: TrialsRound & { readonly steps: number }) => void;
}

/**
 * Measures one network. As the trials differ in their seeds only, and those cost nothing, "one after another"
 * is one trial alone for as many steps as all of them have: nothing is counted for going from one to the
 * next.
 * @throws EngineError `usage` if so many trials do not fit the adapter, `interrupted`, or the first error of
 *   the GPU
 */
export async function measureTrials(
  bench: StepBench,
  work: StepWork,
  { trials, rounds, signal, beforeRound, onRound, ...options }: TrialsOptions,
): Promise<TrialsResult> {
  const together = await bench.prepare(work, trials);
  try {
    const alone = await bench.prepare(work);
    try {
      const calibrated = async (runner: typeof alone): Promise<number> =>
        calibrate((count) => runner.run(count, signal));
      // Neither way takes longer than a round of scripts/bench.js does. This is the last warm-up as well.
      const fitting = async (): Promise<number> =>
        Math.max(1, Math.min(await calibrated(together), Math.floor((await calibrated(alone)) / trials)));
      const steps = options.steps ?? (await fitting());
      const figures: TrialsRound[] = [];
      for (let round = 0; round < rounds; round++) {
        await beforeRound();
        const ms = { togetherMs: 0, aloneMs: 0 };
        const turns = [
          async () => (ms.togetherMs = (await together.run(steps, signal)).ms),
          async () => (ms.aloneMs = (await alone.run(trials * steps, signal)).ms),
        ];
        for (const turn of inTurn(turns, round)) await turn();
        figures.push(ms);
        onRound(round + 1, { ...ms, steps });
      }
      return { batch: work.batchSize, ...trialsResult(trials, steps, figures) };
    } finally {
      alone.release();
    }
  } finally {
    together.release();
  }
}

/** @param figures one per round, at least one */
export function trialsResult(
  trials: number,
  steps: number,
  figures: readonly TrialsRound[],
): Omit<TrialsResult, 'batch'> {
  const rate = (ms: number): number => (1000 * trials * steps) / ms;
  return {
    trials,
    steps,
    together: spreadOf(figures.map(({ togetherMs }) => rate(togetherMs))),
    alone: spreadOf(figures.map(({ aloneMs }) => rate(aloneMs))),
    ratio: spreadOf(figures.map(({ togetherMs, aloneMs }) => aloneMs / togetherMs)),
    timeOfOne: spreadOf(figures.map(({ togetherMs, aloneMs }) => (trials * togetherMs) / aloneMs)),
  };
}

export function trialsTable(results: readonly TrialsResult[]): string {
  const trials = results[0]!.trials;
  const heading = [
    'batch',
    `${trials} together, trial-steps/s`,
    'one after another',
    'together against it',
    `time of ${trials} / time of 1`,
  ];
  const rows = results.map(({ batch, together, alone, ratio, timeOfOne }) => [
    String(batch).padStart('batch'.length),
    withRange(together),
    withRange(alone),
    withRange(ratio, 'x'),
    withRange(timeOfOne, 'x'),
  ]);
  return alignedTable([heading, ...rows]);
}

export interface TrialsSettings extends ChosenAdapter, Pick<TrialsOptions, 'trials' | 'rounds' | 'steps'> {
  readonly batches: readonly number[];
}

/** `bench.js --trials N`: measures every batch size and tells what was found. */
export function compareTrials(settings: TrialsSettings, context: StepBenchContext): Promise<void> {
  const { output, signal, tools } = context;
  const { batches, rounds, steps, trials } = settings;
  return withStepBench(context, settings, { trials, rounds }, async (bench) => {
    const results: TrialsResult[] = [];
    for (const batch of batches) {
      output.live(`batch ${batch}: ${trials} trials, warming up`);
      const result = await measureTrials(
        bench,
        { ...benchStep, batchSize: batch },
        {
          trials,
          rounds,
          steps,
          signal,
          beforeRound: tools.watch.sample,
          onRound: (round, figures) => {
            output.event({ event: 'round', batch, round, trials, ...figures });
            const rate = (ms: number): string => significant((1000 * trials * figures.steps) / ms);
            output.info(
              `batch ${batch}, round ${round}, trial-steps/s: together ${rate(figures.togetherMs)}, ` +
                `one after another ${rate(figures.aloneMs)}`,
            );
          },
        },
      );
      output.event({ event: 'result', ...result });
      results.push(result);
    }
    output.clear();
    const { inputs, hidden, classes } = benchStep;
    const title = `${trials} trials of ${[inputs, ...hidden, classes].join('-')}, each with a seed of its own`;
    const basis =
      `median of ${rounds} rounds (least-most); both ways in each round, ` +
      'ratios are of figures of the same round';
    const notes = [basis, tellMachine(output, tools.watch)].map((text) => wrap(text, textColumns, '  '));
    output.result(`\n${title}\n\n${[trialsTable(results), ...notes].join('\n')}`);
  });
}
