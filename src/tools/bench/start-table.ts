/** Starts in words: phases of the start in the middle, with their range over all rounds. */
import { alignedTable } from '../../base/text.js';
import { significant, spreadOf, type Spread } from './spread.js';
import { startPhases, type StartPhase, type StartTiming } from './start-phases.js';

/** The driver's shader cache: as earlier starts left it, or empty. */
export type StartCase = 'warm' | 'cold';

/** All starts of one case. */
export interface StartResult {
  readonly cache: StartCase;
  /** The start in the middle by its first step: its phases add up to its time, which medians of phases would not. */
  readonly middle: StartTiming;
  readonly firstStepMs: Spread;
  readonly trainingMs: Spread;
  readonly phases: Readonly<Record<StartPhase, Spread>>;
}

const phaseNames = Object.keys(startPhases) as StartPhase[];

/** @param timings at least one; of an even number, the faster one of the two in the middle is told */
export function startResult(cache: StartCase, timings: readonly StartTiming[]): StartResult {
  const sorted = [...timings].sort((a, b) => a.firstStepMs - b.firstStepMs);
  const spread = (of: (timing: StartTiming) => number): Spread => spreadOf(timings.map(of));
  return {
    cache,
    middle: sorted[Math.ceil(sorted.length / 2) - 1]!,
    firstStepMs: spread(({ firstStepMs }) => firstStepMs),
    trainingMs: spread(({ trainingMs }) => trainingMs),
    phases: Object.fromEntries(
      phaseNames.map((phase) => [phase, spread(({ phases }) => phases[phase])]),
    ) as Record<StartPhase, Spread>,
  };
}

/** A row per phase, then the sum and what follows it; three columns per case. */
export function startTable(results: readonly StartResult[]): string {
  const row = (
    label: string,
    of: (result: StartResult) => readonly [ms: number, range: Spread],
  ): string[] => [
    label,
    ...results.flatMap((result) => {
      const [ms, { min, max }] = of(result);
      const share = (100 * ms) / result.middle.firstStepMs;
      return [tenths(ms), `(${tenths(min)}-${tenths(max)})`, `${share.toFixed(0)} %`];
    }),
  ];
  const plain = (
    label: string,
    of: (result: StartResult) => readonly [ms: number, range: Spread],
  ): string[] => row(label, of).map((cell, column) => (column > 0 && column % 3 === 0 ? '' : cell));
  return alignedTable([
    ['', ...results.flatMap(({ cache }) => [`${cache}, ms`, '', ''])],
    ...phaseNames.map((phase) =>
      row(startPhases[phase], ({ middle, phases }) => [middle.phases[phase], phases[phase]]),
    ),
    row('first training step done', ({ middle, firstStepMs }) => [middle.firstStepMs, firstStepMs]),
    plain('training begun', ({ middle, trainingMs }) => [middle.trainingMs, trainingMs]),
  ]);
}

function tenths(ms: number): string {
  return ms.toFixed(1);
}

/** What the table shows. */
export function startNotes(results: readonly StartResult[], rounds: number): string[] {
  const { pipelines, pipelinesAtOnce } = results[0]!.middle;
  const medians = results.map(
    ({ cache, firstStepMs }) => `${significant(firstStepMs.median)} ms with a ${cache} shader cache`,
  );
  return [
    `to the first training step: ${medians.join(', ')} (median of ${rounds} rounds)`,
    'ms and share: of the start in the middle, whose phases add up; in brackets: least-most of all rounds',
    `${pipelines} pipelines compiled, up to ${pipelinesAtOnce} at the same time; drivers compile further in the first step`,
    'training begun: the first step and those after it until here measure the pace, and are undone; then the first steps that ' +
      'count are submitted',
    ...(results.length > 1
      ? [
          'cold: an empty shader cache for each start; in both cases the programs and the images are in the memory of the system',
        ]
      : []),
  ];
}
