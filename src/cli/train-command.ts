/** scripts/train.js: runs one experiment, or the whole series. */
import { join } from 'node:path';
import type { Dataset } from '../data/dataset.js';
import {
  experimentById,
  experimentName,
  experiments,
  planExperiment,
  runExperiment,
  trialsOf,
  type Experiment,
  type Outcome,
  type PlannedExperiment,
  type ResultCache,
  type Summary,
  type TrainTrials,
} from '../experiments/index.js';
import { select } from '../experiments/measures.js';
import type { ProfileRecord } from '../report/profile/record.js';
import type { GroupProfile, ProfileSink, Recording } from '../train/profile/types.js';
import type { Engine, Session } from './engine.js';
import { exitCodeOf, interrupted, type CommandContext } from './command.js';
import { helpText, listRecords, listText } from './help.js';
import { parseTrainOptions, trainOptions, type TrainSettings } from './options.js';
import { commandOutput, type Output } from './output.js';
import { dataProgress, trainingProgress } from './live.js';
import { reportProfiles } from './profile/report.js';
import { checkTraceFile, saveTrace } from './profile/trace-file.js';
import { reportEnd, reportExperiment, reportPlan, reportSeries, reportStart } from './report.js';
import { checkOutputDirectory, saveSummary } from './save.js';
import { openSession, readTuning, type NamedTuning } from './tuning-file.js';
import { versions } from './version.js';

/** @returns the exit code; never throws */
export function trainCommand(argv: readonly string[], context: CommandContext): Promise<number> {
  const { stdout, stderr, signal } = context;
  const json = argv.includes('--json');
  const output = commandOutput(argv, { stdout, stderr });
  return exitCodeOf(output, signal, async () => {
    const request = parseTrainOptions(argv);
    switch (request.kind) {
      case 'help':
        output.result(helpText('node scripts/train.js --exp 0..6|final|all [options]', trainOptions));
        return 0;
      case 'version':
        if (json) output.event({ event: 'version', ...versions() });
        else output.result(versions()['wgsl-train']);
        return 0;
      case 'list':
        if (json) for (const record of listRecords()) output.event(record);
        else output.result(listText());
        return 0;
      case 'print-plan':
      case 'train':
        await runSession(request.kind, request, argv, context, output);
        return 0;
    }
  });
}

async function runSession(
  kind: 'train' | 'print-plan',
  settings: TrainSettings,
  argv: readonly string[],
  context: CommandContext,
  output: Output,
): Promise<void> {
  const plans = planAll(settings);
  const directory =
    settings.out ?? join('runs', settings.experiment === 'all' ? 'all' : experimentName(settings.experiment));
  if (kind === 'train') checkOutputDirectory(directory);
  if (settings.trace !== undefined) checkTraceFile(settings.trace);
  const tuning = settings.tuning === undefined ? null : readTuning(settings.tuning);
  const engine = await context.loadEngine();
  const session = await openSession(engine, settings.adapter, tuning);
  try {
    const dataset = await loadData(engine, settings.data, context.signal, output);
    if (kind === 'print-plan') {
      for (const plan of plans) {
        const text = session.describePlan(dataset, trialsOf(plan), { fuse: settings.fuse });
        output.result(text);
        output.event({ event: 'plan', experiment: plan.experiment.id, text });
      }
      return;
    }
    const { signal } = context;
    await runPlans({ plans, settings, tuning, argv, directory, dataset, session, output, signal });
  } finally {
    session.close();
  }
}

/** The plans of what was asked for, before anything is opened; usage errors that depend on the experiment come here. */
function planAll({ experiment, overrides, seeds }: TrainSettings): PlannedExperiment[] {
  if (experiment !== 'all') return [planExperiment(experimentById(experiment), overrides, seeds)];
  return experiments.map((each) => {
    const validated = each.variants.every(({ config }) => config.validation > 0);
    if (validated || overrides.patience === undefined) return planExperiment(each, overrides, seeds);
    const plan = planExperiment(each, { ...overrides, patience: null }, seeds);
    return { ...plan, notes: [...plan.notes, '--patience does not apply without a validation set'] };
  });
}

async function loadData(engine: Engine, spec: string, signal: AbortSignal, output: Output): Promise<Dataset> {
  const dataset = await engine.resolveDataset(spec, { signal, ...dataProgress(output) });
  output.clear();
  if (signal.aborted) throw interrupted();
  return dataset;
}

interface Series {
  readonly plans: readonly PlannedExperiment[];
  readonly settings: TrainSettings;
  readonly tuning: NamedTuning | null;
  readonly argv: readonly string[];
  readonly directory: string;
  readonly dataset: Dataset;
  readonly session: Session;
  readonly output: Output;
  readonly signal: AbortSignal;
}

async function runPlans(series: Series): Promise<void> {
  const { plans, settings, directory, dataset, session, output } = series;
  const tuning = series.tuning && { file: series.tuning.file, sha256: series.tuning.sha256 };
  const whole = settings.experiment === 'all';
  const cache: ResultCache = new Map();
  const outcomes: Outcome[] = [];
  const summaries: Summary[] = [];
  reportStart(output, dataset, session.adapter, series.tuning);
  for (const given of plans) {
    const plan = whole ? withSelectedBatchSize(given, outcomes, settings) : given;
    const { id } = plan.experiment;
    const measured: Measured = { groups: [], recordings: [] };
    const outcome = await runOne(plan, series, cache, measured);
    const ceilings = measured.groups.length === 0 ? null : await session.measureCeilings();
    const conclusive = reportExperiment(output, outcome, {
      adapter: session.adapter,
      dataset: { sha256: dataset.sha256, notice: dataset.notice ?? null },
      command: series.argv,
      versions: versions(),
      fused: settings.fuse,
      tuning,
    });
    const summary: Summary & { readonly profile?: readonly ProfileRecord[] } =
      ceilings === null
        ? conclusive
        : { ...conclusive, profile: reportProfiles(output, id, measured.groups, ceilings) };
    const folder = whole ? join(directory, experimentName(id)) : directory;
    const path = saveSummary(folder, summary);
    output.event({ event: 'saved', experiment: id, path });
    if (settings.trace !== undefined && ceilings !== null) {
      const { description: adapter } = session.adapter;
      const facts = { experiment: id, data: dataset.name, fused: settings.fuse, adapter };
      saveTrace(settings.trace, measured.recordings, ceilings, facts, output);
    }
    outcomes.push(outcome);
    summaries.push(summary);
  }
  let path = join(directory, 'summary.json');
  if (whole) {
    const { adapter, dataset: data } = summaries[0]!;
    reportSeries(output, outcomes);
    path = saveSummary(directory, {
      schema: 1,
      experiment: 'all',
      dataset: data,
      adapter,
      tuning,
      experiments: summaries,
    });
  }
  reportEnd(output, dataset, session.adapter, path);
}

/** What a profiled run measured of itself. */
interface Measured {
  readonly groups: GroupProfile[];
  readonly recordings: Recording[];
}

/** @param measured takes what is measured of the run, if it is to be profiled */
async function runOne(
  plan: PlannedExperiment,
  series: Series,
  cache: ResultCache,
  { groups, recordings }: Measured,
): Promise<Outcome> {
  const { dataset, session, output, signal, settings } = series;
  if (signal.aborted) throw interrupted();
  reportPlan(output, plan);
  const { id } = plan.experiment;
  const hooks = { signal, ...trainingProgress(output, experimentName(id), { experiment: id }) };
  const profile: ProfileSink = {
    onGroup: (group) => {
      groups.push(group);
    },
    ...(settings.trace !== undefined && {
      onRecording: (recording) => {
        recordings.push(recording);
      },
    }),
  };
  const trainTrials: TrainTrials = (trials, given) =>
    session.train(dataset, trials, { ...given, fuse: settings.fuse, ...(settings.profile && { profile }) });
  output.live(`${experimentName(id)}  preparing; the first run on an adapter compiles its shaders`);
  const outcome = await runExperiment(plan, dataset, trainTrials, hooks, cache);
  output.clear();
  return outcome;
}

/** In a whole series the final network takes the batch size that experiment 6 selected. */
function withSelectedBatchSize(
  plan: PlannedExperiment,
  outcomes: readonly Outcome[],
  { overrides, seeds }: TrainSettings,
): PlannedExperiment {
  const sixth = outcomes.find((outcome) => outcome.plan.experiment.id === 6);
  if (plan.experiment.id !== 'final' || sixth === undefined) return plan;
  const { name, config } = select(sixth.variants).variant;
  const variants = plan.experiment.variants.map((variant) => ({
    ...variant,
    config: { ...variant.config, batchSize: config.batchSize },
  }));
  const experiment: Experiment = { ...plan.experiment, variants };
  const replanned = planExperiment(experiment, overrides, seeds);
  return { ...replanned, notes: [...replanned.notes, `${name} is what experiment 6 selected`] };
}
