/** The same training, several times. */
import { experimentHeading, trialsOf, type PlannedExperiment } from '../../experiments/index.js';
import { interrupted } from '../tell-error.js';
import type { RunContext } from '../command.js';
import type { Output } from '../../base/output.js';
import { reportStart } from '../report.js';
import { withAdapter } from '../session.js';
import type { SharedTrainSettings } from '../train-options.js';
import {
  firstDifferences,
  hashOf,
  largestDifference,
  recordOf,
  type TrainOnce,
  type RepeatedTrial,
} from '../../tools/repeat/record.js';

type Repetition = Readonly<Record<'fuse' | 'processes' | 'andUnfused', boolean> & { times: number }>;

/** Trains a plan several times, and tells of each. @returns whether every time gave the same bits */
export async function repeat(
  plan: PlannedExperiment,
  trainOnce: TrainOnce,
  { times, fuse, processes, andUnfused }: Repetition,
  { output, signal }: RunContext,
): Promise<boolean> {
  output.info(`\n${experimentHeading(plan.experiment)}`);
  for (const note of plan.notes) output.info(`changed: ${note}`);
  output.info(
    `${trialsOf(plan).length} trainings, each time ${processes ? 'in a process' : 'on a device'} of their own`,
  );
  const train = async (what: string, fused: boolean, facts: object): Promise<Time> => {
    if (signal.aborted) throw interrupted();
    output.live(`${what} ...`);
    const began = performance.now();
    const records = await trainOnce(fused);
    const [hash, seconds] = [hashOf(records), (performance.now() - began) / 1000];
    output.result(`${what}: ${hash}, ${seconds.toFixed(1)} s`);
    output.event({ event: 'time', ...facts, fused, hash, seconds, trials: records });
    return { records, hash };
  };
  const first = await train(`time 1 of ${times}`, fuse, { time: 1 });
  const hashes = new Set([first.hash]);
  for (let time = 2; time <= times; time++) {
    const { records, hash } = await train(`time ${time} of ${times}`, fuse, { time });
    hashes.add(hash);
    const differences = hash === first.hash ? [] : firstDifferences(records, first.records);
    for (const difference of differences) output.result(`  ${difference}`);
  }
  const unfused = andUnfused ? await train('unfused', false, { time: null }) : null;
  const isSame = hashes.size === 1;
  output.result(
    isSame
      ? `\nthe same bits ${times === 1 ? 'once' : `${times} times`}: ${first.hash}`
      : `\nNOT THE SAME BITS: ${hashes.size} hashes in ${times} times`,
  );
  const fusion = unfused && tellFusion(first, unfused, output);
  output.event({ event: 'repeated', times, same: isSame, hashes: [...hashes], unfused: fusion });
  return isSame;
}

interface Time {
  readonly records: readonly RepeatedTrial[];
  readonly hash: string;
}

/** Another order of additions is within what is promised, so this is told and not judged. */
function tellFusion(fused: Time, unfused: Time, output: Output): Readonly<Record<string, unknown>> {
  const same = fused.hash === unfused.hash;
  const { difference, place } = largestDifference(unfused.records, fused.records);
  output.result(
    same
      ? 'fused and unfused: the same bits'
      : `fused and unfused: other bits; losses differ by ${difference.toPrecision(3)} at most${place && ` (${place})`}`,
  );
  return { same, hash: unfused.hash, largestLossDifference: difference, place };
}

/** Each time on a fresh adapter and device, with one data set. */
export async function inThisProcess(
  plan: PlannedExperiment,
  settings: SharedTrainSettings,
  context: RunContext,
): Promise<TrainOnce> {
  const { output, signal } = context;
  // An adapter is looked for before data is: without one, nothing is downloaded.
  const dataset = await withAdapter(context, settings, async ({ session, tuning, loadData }) => {
    const found = await loadData(settings.data);
    reportStart(output, found, session.adapter, tuning);
    return found;
  });
  return (fuse) =>
    withAdapter(context, settings, async ({ session }) => {
      const results = await session.train(session.plan(dataset, trialsOf(plan), { fuse }), { signal });
      output.clear();
      return results.map(recordOf);
    });
}
