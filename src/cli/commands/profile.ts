/** scripts/profile.js: where the time of an experiment's training steps goes, kernel by kernel. */
import { legacyCommand } from '../legacy.js';
import { EngineError } from '../../base/errors.js';
import type { Dataset } from '../../data/dataset.js';
import {
  experimentById,
  experiments,
  planExperiment,
  trialsOf,
  type ExperimentId,
  type PlannedExperiment,
} from '../../experiments/index.js';
import type { TrainingProfile } from '../../profile/group-profile.js';
import { parseArguments, type OptionSpec } from '../arguments.js';
import { tellLoad } from '../../tools/bench/load.js';
import { exitCodeOf, interrupted, type CommandContext } from '../command.js';
import type { Session } from '../engine.js';
import { helpText } from '../help.js';
import { dataProgress } from '../live.js';
import { sharedTrainFlags, trainOptions, trainSettings, type TrainSettings } from '../options.js';
import { commandOutput, type Output } from '../output.js';
import { reportProfiles } from '../profile/report.js';
import { checkTraceFile, saveTrace } from '../profile/trace-file.js';
import { heading, reportStart } from '../report.js';
import { readTuning } from '../../runs/tuning-file.js';
import { openSession } from '../session.js';
import { wholeNumber } from '../values.js';

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
  ...trainOptions.filter(({ flag }) => sharedTrainFlags.includes(flag)),
];

/** More steps than this are a training. */
const mostSteps = 100_000;

interface ProfileSettings extends Omit<TrainSettings, 'experiment'> {
  readonly experiment: ExperimentId;
  readonly steps: number;
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
  const exp = given.get('--exp');
  const help = given.has('--help');
  const experiment = help && exp === undefined ? null : oneExperiment(exp);
  const settings = trainSettings(given);
  const steps = wholeNumber('--steps', given.get('--steps') ?? '300', 1, mostSteps);
  if (help || experiment === null) return 'help';
  return { ...settings, experiment, steps, timestamps: !given.has('--no-timestamps') };
}

function oneExperiment(text: string | undefined): ExperimentId {
  const experiment = experiments.find(({ id }) => String(id) === text);
  if (experiment !== undefined) return experiment.id;
  throw new EngineError(
    'usage',
    text === undefined ? '--exp is missing' : `--exp cannot be ${JSON.stringify(text)}`,
    {
      expected: `--exp with one of ${experiments.map(({ id }) => id).join(', ')}: one experiment at a time`,
      remedy: 'for example node scripts/profile.js --exp 6 --steps 300',
    },
  );
}

async function profile(
  settings: ProfileSettings,
  { loadEngine, signal }: CommandContext,
  output: Output,
): Promise<void> {
  const plan = planExperiment(experimentById(settings.experiment), settings.overrides, settings.seeds);
  if (settings.trace !== undefined) checkTraceFile(settings.trace);
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
      const { description: adapter } = session.adapter;
      const facts = { experiment: settings.experiment, data: dataset.name, fused: settings.fuse, adapter };
      saveTrace(settings.trace, [measured], measured.ceilings, facts, output);
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
    .profile(session.plan(dataset, trialsOf(plan), { fuse }), {
      steps,
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

export const command = legacyCommand(
  { name: 'profile', group: 'speed', summary: 'say where the time of training steps goes, kernel by kernel' },
  profileCommand,
);
