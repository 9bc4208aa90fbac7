/** scripts/train.js: runs one experiment, or the whole series. */
import type { Dataset } from '../../data/dataset.js';
import { legacyCommand } from '../legacy.js';
import {
  experimentById,
  experimentName,
  experiments,
  planExperiment,
  trialsOf,
  type PlannedExperiment,
} from '../../experiments/index.js';
import { freeDirectory, requireNoRun, runName } from '../../runs/index.js';
import type { Engine } from '../engine.js';
import { exitCodeOf, interrupted, type CommandContext } from '../command.js';
import { runConfig, withConfigFile } from '../config-file.js';
import { helpText, listRecords, listText } from '../help.js';
import { parseTrainOptions, trainOptions, type TrainSettings } from '../options.js';
import { commandOutput, type Output } from '../output.js';
import { dataProgress } from '../live.js';
import { checkTraceFile } from '../profile/trace-file.js';
import { checkOutputDirectory } from '../save.js';
import { LiveSession } from '../train/live-session.js';
import { isFinished, requireSameConfig, withResumedRun } from '../train/resume.js';
import { runSeries } from '../train/series.js';
import { readTuning } from '../../runs/tuning-file.js';
import { openSession } from '../session.js';
import { versions } from '../../platform/version.js';

/** @returns the exit code; never throws */
export function trainCommand(argv: readonly string[], context: CommandContext): Promise<number> {
  const { stdout, stderr, signal } = context;
  const json = argv.includes('--json');
  const output = commandOutput(argv, { stdout, stderr });
  return exitCodeOf(output, signal, async () => {
    const request = parseTrainOptions(withConfigFile(withResumedRun(argv)));
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
      case 'print-graph':
      case 'train':
        await runSession(request.kind, request, argv, context, output);
        return 0;
    }
  });
}

async function runSession(
  kind: 'train' | 'print-plan' | 'print-graph',
  settings: TrainSettings,
  argv: readonly string[],
  context: CommandContext,
  output: Output,
): Promise<void> {
  const plans = planAll(settings);
  const { resume } = settings;
  const directory = resume ?? settings.out ?? freeDirectory(runName(nameOf(settings.experiment), new Date()));
  if (kind === 'train') {
    checkOutputDirectory(directory);
    if (resume === undefined) requireNoRun(directory, settings.overwrite);
    else {
      const finished = isFinished(resume);
      requireSameConfig(resume, runConfig(settings, settings.experiment === 'all' ? null : plans[0]!));
      if (finished) {
        output.result(`${resume} is finished: there is nothing to continue`);
        output.event({ event: 'finished', path: resume });
        return;
      }
    }
  }
  if (settings.trace !== undefined) checkTraceFile(settings.trace);
  const tuning = settings.tuning === undefined ? null : readTuning(settings.tuning);
  const engine = await context.loadEngine();
  const adapter = await LiveSession.open(() => openSession(engine, settings.adapter, tuning));
  try {
    const dataset = await loadData(engine, settings.data, context.signal, output);
    if (kind !== 'train') {
      const form = kind === 'print-graph' ? 'flowchart' : 'text';
      for (const plan of plans) {
        const { session } = adapter;
        const training = session.plan(dataset, trialsOf(plan), { fuse: settings.fuse });
        const text = session.describePlan(training, form);
        output.result(text);
        output.event({ event: 'plan', experiment: plan.experiment.id, text });
      }
      return;
    }
    const { signal } = context;
    await runSeries({ plans, settings, tuning, argv, directory, dataset, adapter, output, signal });
  } finally {
    adapter.close();
  }
}

function nameOf(experiment: TrainSettings['experiment']): string {
  return experiment === 'all' ? experiment : experimentName(experiment);
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

export const command = legacyCommand(
  { name: 'train', group: 'train', summary: 'train an experiment, or all of them' },
  trainCommand,
);
