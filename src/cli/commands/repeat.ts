/** scripts/repeat.js: trains the same several times, and says whether the bits are the same. */
import { legacyCommand } from '../legacy.js';
import { EngineError } from '../../base/errors.js';
import type { Dataset } from '../../data/dataset.js';
import { experimentById, planExperiment, trialsOf, type ExperimentId } from '../../experiments/index.js';
import type { Trial } from '../../train/types.js';
import { parseArguments, type OptionSpec, type ParsedArguments } from '../arguments.js';
import { exitCodeOf, interrupted, type CommandContext } from '../command.js';
import type { Engine, Session } from '../engine.js';
import { helpText } from '../help.js';
import { dataProgress } from '../live.js';
import {
  experimentOf,
  sharedTrainFlags,
  trainOptions,
  trainSettings,
  type TrainSettings,
} from '../options.js';
import { commandOutput, type Output } from '../output.js';
import { trainInProcess } from '../repeat/own-process.js';
import { firstDifferences, hashOf, largestDifference, recordOf, type TrialRecord } from '../repeat/record.js';
import { heading, reportStart } from '../report.js';
import { readTuning } from '../../runs/tuning-file.js';
import { openSession } from '../session.js';
import { wholeNumber } from '../values.js';

const shared = [...sharedTrainFlags, '--seeds', '--epochs', '--patience'];

const own: readonly OptionSpec[] = [
  { flag: '--times', value: 'N', help: 'how often it is trained (default 20)' },
  { flag: '--processes', value: null, help: 'each time in a process of its own' },
  {
    flag: '--and-unfused',
    value: null,
    help: 'once more with one kernel per operation, and how far that differs',
  },
];

/** Options that are not about the training itself. */
const ofTheCommand = [...own.map(({ flag }) => flag), '--json', '--quiet'];

const helpCommand = 'node scripts/repeat.js --help';

export const repeatOptions: readonly OptionSpec[] = [
  { flag: '--exp', value: '0..6|final', help: 'the experiment that is trained' },
  ...own,
  ...trainOptions.filter(({ flag }) => shared.includes(flag)),
];

const mostTimes = 10_000;

interface RepeatSettings extends Omit<TrainSettings, 'experiment'> {
  readonly experiment: ExperimentId;
  readonly times: number;
  readonly processes: boolean;
  readonly andUnfused: boolean;
  /** The options about the training, as a command line. */
  readonly words: readonly string[];
}

/** @returns 0 if every time gave the same bits, 1 if one did not, else the code of the error; never throws */
export function repeatCommand(argv: readonly string[], context: CommandContext): Promise<number> {
  const { stdout, stderr, signal } = context;
  const output = commandOutput(argv, { stdout, stderr });
  return exitCodeOf(output, signal, async () => {
    const settings = parseRepeatOptions(argv);
    if (settings === 'help') {
      output.result(helpText('node scripts/repeat.js --exp 0..6|final [options]', repeatOptions));
      return 0;
    }
    return repeat(settings, context, output);
  });
}

/**
 * Checks a command line without touching a file or an adapter.
 * @throws EngineError `usage`
 */
export function parseRepeatOptions(argv: readonly string[]): RepeatSettings | 'help' {
  const given = parseArguments(repeatOptions, argv, helpCommand);
  const settings = trainSettings(given);
  const times = wholeNumber('--times', given.get('--times') ?? '20', 1, mostTimes);
  if (given.has('--help')) return 'help';
  const experiment = oneExperiment(given.get('--exp'));
  const andUnfused = given.has('--and-unfused');
  if (andUnfused && !settings.fuse)
    throw new EngineError('usage', '--and-unfused and --no-fuse exclude each other', {
      expected: 'at most one of them',
      remedy: 'leave --no-fuse out to compare fused with unfused',
    });
  const processes = given.has('--processes');
  return { ...settings, experiment, times, processes, andUnfused, words: wordsOf(given) };
}

function oneExperiment(text: string | undefined): ExperimentId {
  const experiment = text === undefined ? undefined : experimentOf(text);
  if (experiment !== undefined && experiment !== 'all') return experiment;
  throw new EngineError('usage', text === undefined ? '--exp is missing' : '--exp cannot be "all"', {
    expected: 'one experiment at a time',
    remedy: 'for example node scripts/repeat.js --exp 2 --epochs 3 --times 20',
  });
}

function wordsOf(given: ParsedArguments): string[] {
  return [...given]
    .filter(([flag]) => !ofTheCommand.includes(flag))
    .map(([flag, value]) => (value === '' ? flag : `${flag}=${value}`));
}

/** Trains everything once. */
type TrainOnce = (fuse: boolean) => Promise<readonly TrialRecord[]>;

async function repeat(settings: RepeatSettings, context: CommandContext, output: Output): Promise<number> {
  const { times, fuse, andUnfused, processes } = settings;
  const plan = planExperiment(experimentById(settings.experiment), settings.overrides, settings.seeds);
  const trials = trialsOf(plan);
  const trainOnce = processes
    ? ownProcess(settings, context, output)
    : await sameProcess(settings, trials, context, output);
  output.info(`\n${heading(plan.experiment)}`);
  for (const note of plan.notes) output.info(`changed: ${note}`);
  output.info(
    `${trials.length} trainings, each time ${processes ? 'in a process' : 'on a device'} of their own`,
  );
  const train = async (what: string, fused: boolean, facts: object): Promise<Time> => {
    if (context.signal.aborted) throw interrupted();
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
  return isSame ? 0 : 1;
}

interface Time {
  readonly records: readonly TrialRecord[];
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

/** A fresh adapter and device each time, one data set. */
async function sameProcess(
  { adapter, tuning: file, data }: RepeatSettings,
  trials: readonly Trial[],
  { loadEngine, signal }: CommandContext,
  output: Output,
): Promise<TrainOnce> {
  const tuning = file === undefined ? null : readTuning(file);
  const engine: Engine = await loadEngine();
  const withSession = async <T>(work: (session: Session) => Promise<T> | T): Promise<T> => {
    const session = await openSession(engine, adapter, tuning);
    try {
      return await work(session);
    } finally {
      session.close();
    }
  };
  // An adapter is looked for before data is: without one, nothing is downloaded.
  const dataset = await withSession(async (session): Promise<Dataset> => {
    const found = await engine.resolveDataset(data, { signal, ...dataProgress(output) });
    output.clear();
    reportStart(output, found, session.adapter, tuning);
    return found;
  });
  return (fuse) =>
    withSession(async (session) => {
      const results = await session.train(session.plan(dataset, trials, { fuse }), { signal });
      output.clear();
      return results.map(recordOf);
    });
}

function ownProcess({ words }: RepeatSettings, { signal }: CommandContext, output: Output): TrainOnce {
  let isKnown = false;
  return async (fuse) => {
    const records = await trainInProcess(
      fuse ? words : [...new Set([...words, '--no-fuse'])],
      signal,
      (start) => {
        if (!isKnown) output.event(start);
        isKnown = true;
      },
    );
    output.clear();
    return records;
  };
}

export const command = legacyCommand(
  {
    name: 'repeat',
    group: 'trust',
    summary: 'train the same several times, and say whether the bits are the same',
  },
  repeatCommand,
);
