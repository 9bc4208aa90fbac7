/** scripts/profile.js: where the time of an experiment's training steps goes, kernel by kernel. */
import { dirname } from 'node:path';
import { EngineError } from '../base/errors.js';
import type { Dataset } from '../data/dataset.js';
import {
  experimentById,
  planExperiment,
  trialsOf,
  type ExperimentId,
  type PlannedExperiment,
} from '../experiments/index.js';

import { traceOf, type Trace } from '../report/profile/trace.js';
import type { TrainingProfile } from '../train/profile/types.js';
import { parseArguments, type OptionSpec } from './arguments.js';
import { tellLoad } from './bench/load.js';
import { exitCodeOf, interrupted, type CommandContext } from './command.js';
import type { Session } from './engine.js';
import { helpText } from './help.js';
import { dataProgress } from './live.js';
import { experimentOf, trainOptions, trainSettings, type TrainSettings } from './options.js';
import { commandOutput, type Output } from './output.js';
import { reportProfiles } from './profile/report.js';
import { heading, reportStart } from './report.js';
import { checkOutputDirectory, replaceFile } from './save.js';
import { openSession, readTuning } from './tuning-file.js';
import { versions } from './version.js';
import { name, wholeNumber } from './values.js';

/** What is said of an experiment in the words of scripts/train.js. */
const shared = [
  '--exp',
  '--data',
  '--seed',
  '--batch-size',
  '--lr',
  '--dropout',
  '--weight-decay',
  '--decay',
  '--hidden',
  '--adapter',
  '--tuning',
  '--no-fuse',
  '--tuning',
  '--json',
  '--quiet',
  '--help',
];

const own: readonly OptionSpec[] = [
  { flag: '--steps', value: 'N', help: 'steps to time, kernel by kernel, per batch size (default 300)' },
  {
    flag: '--trace',
    value: 'FILE',
    help: 'write every dispatch and what the host did meanwhile, for https://ui.perfetto.dev',
  },
  { flag: '--seeds', value: 'K', help: 'profile K seeds side by side, from --seed on (default 1)' },
  {
    flag: '--no-timestamps',
    value: null,
    help: "time by the host's clock, as on adapters without timestamps",
  },
];

const helpCommand = 'node scripts/profile.js --help';

export const profileOptions: readonly OptionSpec[] = [
  { flag: '--exp', value: '0..6|final', help: 'the experiment whose steps are profiled' },
  ...own,
  ...trainOptions.filter(({ flag }) => flag !== '--exp' && shared.includes(flag)),
];

/** More steps than this are a training. */
const mostSteps = 100_000;

interface ProfileSettings extends Omit<TrainSettings, 'experiment'> {
  readonly experiment: ExperimentId;
  readonly steps: number;
  readonly trace: string | undefined;
  readonly timestamps: boolean;
}

/** @returns the exit code; never throws */
export function profileCommand(argv: readonly string[], context: CommandContext): Promise<number> {
  const { stdout, stderr, signal } = context;
  const output = commandOutput(argv, { stdout, stderr });
  return exitCodeOf(output, signal, async () => {
    const settings = parseProfileOptions(argv);
    if (settings === 'help') {
      output.result(helpText('node scripts/profile.js --exp 0..6|final [options]', profileOptions));
      return 0;
    }
    await profile(settings, context, output);
    return 0;
  });
}

/**
 * Checks a command line without touching a file or an adapter.
 * @throws EngineError `usage`
 */
export function parseProfileOptions(argv: readonly string[]): ProfileSettings | 'help' {
  const given = parseArguments(profileOptions, argv, helpCommand);
  const settings = trainSettings(given);
  const steps = wholeNumber('--steps', given.get('--steps') ?? '300', 1, mostSteps);
  const trace = given.get('--trace');
  if (trace !== undefined) name('--trace', trace);
  if (given.has('--help')) return 'help';
  const exp = given.get('--exp');
  const experiment = exp === undefined ? 'all' : experimentOf(exp);
  if (experiment === 'all')
    throw new EngineError('usage', exp === undefined ? '--exp is missing' : '--exp cannot be "all"', {
      expected: '--exp with one of 0, 1, 2, 3, 4, 5, 6, final: one experiment at a time',
      remedy: 'for example node scripts/profile.js --exp 6 --steps 300',
    });
  return { ...settings, experiment, steps, trace, timestamps: !given.has('--no-timestamps') };
}

async function profile(
  settings: ProfileSettings,
  { loadEngine, signal }: CommandContext,
  output: Output,
): Promise<void> {
  const plan = planExperiment(experimentById(settings.experiment), settings.overrides, settings.seeds);
  if (settings.trace !== undefined) checkOutputDirectory(dirname(settings.trace), '--trace');
  const tuning = settings.tuning === undefined ? null : readTuning(settings.tuning);
  const engine = await loadEngine();
  const session = await openSession(engine, settings.adapter, tuning);
  try {
    const dataset = await engine.resolveDataset(settings.data, { signal, ...dataProgress(output) });
    output.clear();
    if (signal.aborted) throw interrupted();
    reportStart(output, dataset, session.adapter, tuning);
    tellLoad(output, 'before');
    output.result(`\n${heading(plan.experiment)}`);
    for (const note of plan.notes) output.info(`changed: ${note}`);
    const measured = await measure(plan, settings, dataset, session, signal, output);
    reportProfiles(output, settings.experiment, measured.groups, measured.ceilings);
    if (settings.trace !== undefined) {
      const facts = {
        experiment: settings.experiment,
        data: dataset.name,
        fused: settings.fuse,
        ...versions(),
      };
      saveTrace(settings.trace, traceOf(measured, session.adapter.description, facts), output);
    }
    tellLoad(output, 'after');
    output.event({ event: 'done', exitCode: 0 });
  } finally {
    session.close();
  }
}

function measure(
  plan: PlannedExperiment,
  { steps, fuse, timestamps }: ProfileSettings,
  dataset: Dataset,
  session: Session,
  signal: AbortSignal,
  output: Output,
): Promise<TrainingProfile> {
  return session
    .profile(dataset, trialsOf(plan), {
      steps,
      fuse,
      timestamps,
      signal,
      onGroup: (trials, index, count) => {
        const { variant } = trials[0]!;
        output.live(`profiling ${index + 1} of ${count}: ${variant}, ${2 * steps} steps`);
      },
    })
    .finally(() => {
      output.clear();
    });
}

function saveTrace(path: string, trace: Trace, output: Output): void {
  const { otherData, traceEvents } = trace;
  // An event per line: such files are searched, too. Perfetto reads in order, and stops at what it does not expect.
  const events = traceEvents.map((event) => JSON.stringify(event)).join(',\n');
  replaceFile(path, `{"otherData":${JSON.stringify(otherData)},\n"traceEvents":[\n${events}\n]}\n`);
  output.result(`\ntrace: ${path}, ${traceEvents.length} events (open it in https://ui.perfetto.dev)`);
  output.event({ event: 'trace', path, events: traceEvents.length });
}
