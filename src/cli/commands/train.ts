/** Trains one of the experiments, or the whole series. */
import type { Output } from '../../base/output.js';
import {
  concludeSweep,
  definitionFile,
  experimentById,
  experimentName,
  experimentOf,
  experiments,
  planExperiment,
  trialsOf,
  type PlannedExperiment,
} from '../../experiments/index.js';
import { jsonText } from '../../platform/json-file.js';
import { requireNoRun, RunClaim, runName, runsDirectory, waitForOwner } from '../../runs/index.js';
import { readTuning, type NamedTuning } from '../../runs/tuning-file.js';
import { defineCommand, type RunContext } from '../command.js';
import type { Session } from '../engine.js';
import { listRecords, listText } from '../tables.js';
import { checkOutputDirectory, checkOutputFile } from '../save.js';
import { loadData, openSession, withAdapter } from '../session.js';
import { trainOptions, trainSettings, type TrainSettings } from '../train-options.js';
import { isFinished, requireSameConfig, runConfig, withConfig } from '../train/config.js';
import { LiveSession, type Training } from '../train/training.js';
import { runSeries } from '../train/series.js';
import { makeUnits, mergeUnits, requireNoLiveUnits, trainUnit } from '../train/units.js';

export const command = defineCommand({
  name: 'train',
  group: 'train',
  summary: 'train an experiment, all of them, or a sweep over its settings (--sweep)',
  usage: `--exp ${trainOptions.experiment.value} [options]`,
  options: trainOptions,
  run: async ({ given, list, json, printPlan, printGraph, printExperiment }, context) => {
    const { output } = context;
    if (list) {
      for (const record of listRecords()) output.event(record);
      if (!json) output.result(listText());
      return 0;
    }
    if (printExperiment !== undefined) {
      output.result(jsonText(definitionFile(experimentById(printExperiment))).trimEnd());
      return 0;
    }
    const settings = trainSettings(withConfig(given));
    const plans = planAll(settings);
    if (printPlan || printGraph) await print(plans, printGraph ? 'flowchart' : 'text', settings, context);
    else return trainAll(plans, settings, context);
    return 0;
  },
});

/** The plans of what was asked for, before anything is opened. @throws EngineError `usage` */
function planAll({ experiment, definition, overrides, seeds }: TrainSettings): PlannedExperiment[] {
  if (definition !== undefined)
    return [
      planExperiment(experimentOf('sweep', definition, concludeSweep, { seed: seeds[0]! }), overrides, seeds),
    ];
  if (experiment !== 'all') return [planExperiment(experimentById(experiment), overrides, seeds)];
  return experiments.map((each) => {
    const validated = each.variants.every(({ config }) => (overrides.validation ?? config.validation) > 0);
    if (validated || overrides.patience === undefined) return planExperiment(each, overrides, seeds);
    const plan = planExperiment(each, { ...overrides, patience: null }, seeds);
    return { ...plan, notes: [...plan.notes, '--patience does not apply without a validation set'] };
  });
}

async function print(
  plans: readonly PlannedExperiment[],
  form: 'text' | 'flowchart',
  settings: TrainSettings,
  context: RunContext,
): Promise<void> {
  if (settings.trace !== undefined) checkOutputFile(settings.trace, '--trace');
  await withAdapter(context, settings, async ({ session, loadData }) => {
    const dataset = await loadData(settings.data);
    for (const plan of plans) {
      const text = session.describePlan(session.plan(dataset, trialsOf(plan), { fuse: settings.fuse }), form);
      context.output.result(text);
      context.output.event({ event: 'plan', experiment: plan.experiment.id, text });
    }
  });
}

async function trainAll(
  plans: readonly PlannedExperiment[],
  settings: TrainSettings,
  context: RunContext,
): Promise<number> {
  const { output, signal, argv } = context;
  const { experiment, resume, unit, units, out } = settings;
  const name = experiment === 'all' ? experiment : experimentName(experiment);
  if (unit !== undefined && out !== undefined) {
    checkOutputDirectory(out);
    const asked = { plans, settings, tuning: tuningOf(settings), argv, output, signal };
    return trainUnit(plans, { ...settings, unit, out }, output, (claim, work) =>
      trainIn(claim, asked, context, work),
    );
  }
  if (resume === undefined) {
    if (out !== undefined) checkNewRun(out, settings.overwrite);
  } else {
    const finished = isFinished(resume);
    requireSameConfig(resume, runConfig(settings, experiment === 'all' ? null : plans[0]!));
    if (finished) {
      output.result(`${resume} is finished: there is nothing to continue`);
      output.event({ event: 'finished', path: resume });
      return 0;
    }
  }
  if (settings.trace !== undefined) checkOutputFile(settings.trace, '--trace');
  const tuning = tuningOf(settings);
  const claim = await claimRun(resume ?? out, name, output);
  try {
    await requireNoLiveUnits(claim.directory, output);
    const asked = { plans, settings, tuning, argv, output, signal };
    if (units === undefined) await trainIn(claim, asked, context, runSeries);
    else if (resume === undefined) makeUnits(claim, plans, settings, output);
    else await trainIn(claim, asked, context, mergeUnits);
  } finally {
    claim.release();
  }
  return 0;
}

function tuningOf({ tuning }: TrainSettings): NamedTuning | null {
  return tuning === undefined ? null : readTuning(tuning);
}

/** @throws EngineError `usage` where `--out` cannot be written to, or holds a run that stays */
function checkNewRun(directory: string, overwrite: boolean): void {
  checkOutputDirectory(directory);
  requireNoRun(directory, overwrite);
}

/**
 * Takes the directory of the run for this process, before anything takes time.
 * @param name of a new one where none was asked for
 */
async function claimRun(asked: string | undefined, name: string, output: Output): Promise<RunClaim> {
  if (asked === undefined) {
    checkOutputDirectory(runsDirectory);
    return RunClaim.takeFree(runName(name, new Date()));
  }
  await waitForOwner(asked, (text) => {
    output.info(text);
  });
  return RunClaim.take(asked);
}

type Asked = Omit<Training, 'claim' | 'dataset' | 'adapter' | 'merged'>;

/** Opens what a training needs, for as long as `work` takes; a merge may need no adapter. */
async function trainIn(
  claim: RunClaim,
  asked: Asked,
  context: RunContext,
  work: (training: Training) => Promise<void>,
): Promise<void> {
  const { settings, tuning } = asked;
  const engine = await context.loadEngine();
  const open = (): Promise<Session> => openSession(engine, settings.adapter, tuning);
  const adapter = new LiveSession(open);
  try {
    if (work !== mergeUnits) await adapter.ensure();
    const dataset = await loadData(engine, settings.data, context);
    await work({ ...asked, claim, dataset, adapter, merged: null });
  } finally {
    adapter.close();
  }
}
