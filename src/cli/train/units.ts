/** A run in units: made, trained unit by unit, in as many processes as there are, and merged. */
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { EngineError, exitCodes } from '../../base/errors.js';
import type { Output } from '../../base/output.js';
import {
  allowDivergence,
  cutUnits,
  experimentName,
  mostUnits,
  type ExperimentId,
  type PlannedExperiment,
  type Unit,
} from '../../experiments/index.js';
import { commandLine } from '../../platform/command-line.js';
import { platform } from '../../platform/index.js';
import {
  clearRun,
  divergedInUnit,
  jsonText,
  liveUnits,
  makeDirectory,
  ownerName,
  pointLatest,
  putNew,
  replaceFile,
  requireNoRun,
  RunClaim,
  runFiles,
  runningProcess,
  thisProcess,
  unitDirectory,
  unitFiles,
  unitFolder,
  waitForOwner,
  writeUnitResult,
  type UnitFacts,
  type UnitTrial,
} from '../../runs/index.js';
import type { Trial } from '../../train/types.js';
import { reportStart } from '../report.js';
import { checkKernels } from '../self-check.js';
import type { TrainSettings } from '../train-options.js';
import { configSha256, requireSameConfig, runConfig } from './config.js';
import { readUnits, unitPlans } from './merge.js';
import { recordersOf } from './recorders.js';
import { beginTrials, resumable, runSeries, train, type Run } from './series.js';
import type { Training } from './training.js';
import type { UnitOf } from './unit-option.js';

type Asked = Pick<TrainSettings, 'experiment' | 'units'>;

/** The units that a run is cut into. @throws EngineError `usage` if there are fewer trainings than units */
function unitsOf(plans: readonly PlannedExperiment[], { experiment, units = 1 }: Asked): Unit[] {
  const own = unitPlans(plans, experiment);
  const most = mostUnits(own);
  if (units > most)
    throw new EngineError('usage', `${units} units are more than there are trainings`, {
      found: `${most} ${most === 1 ? 'training' : 'trainings'}`,
      expected: `at most ${most} ${most === 1 ? 'unit' : 'units'}`,
      remedy: `use --units ${most}, or fewer`,
    });
  return cutUnits(own, units);
}

/** Makes a run whose units are trained later, and says how. */
export function makeUnits(
  claim: RunClaim,
  plans: readonly PlannedExperiment[],
  settings: TrainSettings,
  output: Output,
): void {
  const { directory } = claim;
  const units = unitsOf(plans, settings);
  const count = units.length;
  const folders = plans.map(({ experiment: { id } }) => folderOf(directory, id, settings));
  for (const folder of new Set([directory, ...folders])) clearRun(folder, settings.overwrite);
  writeConfigs(directory, plans, settings);
  const trainings = units.flat().reduce((sum, { trials }) => sum + trials.length, 0);
  const config = join(directory, runFiles.config);
  output.result(`${directory}: ${count} ${count === 1 ? 'unit' : 'units'}, ${trainings} trainings`);
  const each = commandLine('train', '--config', config, '--out', directory, '--unit');
  output.info(`each:    ${each} I/${count}  (I: 0 to ${count - 1})`);
  output.info(`look:    ${commandLine('status', directory)}`);
  output.info(`then:    ${commandLine('train', '--resume', directory)}`);
  output.event({ event: 'units', path: directory, units: count, trainings });
}

type Config = readonly [folder: string, config: ReturnType<typeof runConfig>];

/** The config.json of each experiment that units have, and last that of the run. */
function configsOf(
  directory: string,
  plans: readonly PlannedExperiment[],
  settings: TrainSettings,
): readonly Config[] {
  if (settings.experiment !== 'all') return [[directory, runConfig(settings, plans[0]!)]];
  const inner = unitPlans(plans, 'all').map((plan): Config => {
    const { id } = plan.experiment;
    return [join(directory, experimentName(id)), runConfig({ ...settings, experiment: id }, plan)];
  });
  return [...inner, [directory, runConfig(settings, null)]];
}

/** Several processes may do so at the same time. */
function writeConfigs(directory: string, plans: readonly PlannedExperiment[], settings: TrainSettings): void {
  for (const [folder, config] of configsOf(directory, plans, settings)) {
    makeDirectory(folder);
    putNew(join(folder, runFiles.config), jsonText({ ...config, workingDirectory: process.cwd() }));
  }
  pointLatest(directory);
}

/** Makes the run of a unit if it is not there. @throws EngineError `usage` if another one is there */
function joinRun(directory: string, plans: readonly PlannedExperiment[], settings: TrainSettings): void {
  const isMade = (): boolean => existsSync(join(directory, runFiles.config));
  if (!isMade()) {
    try {
      requireNoRun(directory, false);
    } catch (error) {
      // Another unit was faster.
      if (!isMade()) throw error;
    }
    writeConfigs(directory, plans, settings);
  }
  for (const [folder, config] of configsOf(directory, plans, settings)) requireSameConfig(folder, config);
}

/**
 * Trains one unit of a run, or resumes it; one that is done is left alone.
 * @param trainIn opens what a training needs, once it is known to be needed
 * @returns the exit code: `diverged` where some of its trainings diverged
 * @throws EngineError `usage` if the run is another one; `busy` if another process trains the unit
 */
export async function trainUnit(
  plans: readonly PlannedExperiment[],
  settings: TrainSettings & { readonly unit: UnitOf; readonly out: string },
  output: Output,
  trainIn: (claim: RunClaim, work: (training: Training) => Promise<void>) => Promise<void>,
): Promise<number> {
  const { unit, out } = settings;
  joinRun(out, plans, settings);
  const directory = unitDirectory(out, unit.index, unit.count);
  const isDone = divergedInUnit(directory) !== null;
  if (!isDone) {
    const units = unitsOf(plans, settings);
    const claim = await claimUnit(out, directory, output);
    try {
      rmSync(join(directory, unitFiles.failed), { force: true });
      // Another process may have ended since.
      if (divergedInUnit(directory) === null)
        await trainIn(claim, async (training) => {
          const { dataset, adapter, tuning } = training;
          reportStart(output, dataset, adapter.session.adapter, tuning);
          await trainUnits([unit.index], units, unitFolder(unit.index, unit.count), training);
        });
    } catch (error) {
      noteFailure(directory, error);
      throw resumable(error, 'the same command');
    } finally {
      claim.release();
    }
  }
  const diverged = divergedInUnit(directory)!;
  const end = diverged === 0 ? 'done' : `done, ${diverged} of its trainings diverged`;
  output.result(`unit ${unit.index} of ${unit.count} ${isDone ? 'was' : 'is'} ${end}`);
  const exitCode = diverged === 0 ? 0 : exitCodes.diverged;
  const { index, count } = unit;
  output.event({ event: 'unit-done', unit: index, units: count, diverged, path: directory, exitCode });
  return exitCode;
}

async function claimUnit(run: string, directory: string, output: Output): Promise<RunClaim> {
  const tell = (text: string): void => {
    output.info(text);
  };
  let claim: RunClaim | null = null;
  try {
    await waitForOwner(directory, tell);
    claim = RunClaim.take(directory, 'run the command again: it resumes');
    // A merge claims the run first and looks at its units then: one of both sees the other.
    await waitForOwner(run, tell);
    const owner = runningProcess(run);
    if (owner === null) return claim;
    throw new EngineError('usage', `${run} is being merged`, { found: ownerName(owner) });
  } catch (error) {
    claim?.release();
    if (!(error instanceof EngineError) || error.kind !== 'usage') throw error;
    throw new EngineError('busy', error.message, {
      found: error.found,
      expected: 'a unit that no process trains',
      remedy: 'leave it to that process, or run the command again later',
      cause: error,
    });
  }
}

/** Keeps why a unit failed, for `status`. An end that is asked for is no failure. */
function noteFailure(directory: string, error: unknown): void {
  const { kind, message, exitCode } = error instanceof EngineError ? error : asBug(error);
  if (['interrupted', 'terminated', 'busy'].includes(kind)) return;
  const note = { schema: 1, kind, message, exitCode, host: thisProcess().host, at: new Date().toISOString() };
  try {
    replaceFile(join(directory, unitFiles.failed), jsonText(note));
  } catch {
    // The error itself says more.
  }
}

function asBug(error: unknown): EngineError {
  return new EngineError('bug', error instanceof Error ? error.message : String(error));
}

/** Trains units side by side, and writes the results of each. @param folder where their metrics go */
async function trainUnits(
  indices: readonly number[],
  units: readonly Unit[],
  folder: string,
  training: Training,
): Promise<void> {
  const { claim, dataset, adapter, output, settings } = training;
  const run = settings.resume ?? settings.out!;
  const parts = indices.flatMap((index) => units[index]!);
  const plans = [...new Set(parts.map(({ plan }) => plan))];
  const trialsIn = (plan: PlannedExperiment): Trial[] =>
    parts.filter((part) => part.plan === plan).flatMap(({ trials }) => trials);
  const session = await adapter.ensure();
  output.live('checking kernels; the first run on an adapter compiles its shaders');
  const planned = session.plan(dataset, plans.flatMap(trialsIn), { fuse: settings.fuse });
  const makeRecorder = await recordersOf(training, await checkKernels(session, planned, output), folder);
  const done = new Map<Trial, UnitTrial>();
  const mixed = new Set<string>();
  for (const plan of plans) {
    const { id } = plan.experiment;
    const recorder = makeRecorder(folderOf(run, id, settings), plan);
    const trials = trialsIn(plan);
    const trained = await trainPart({ ...training, plan, recorder, trials, groups: [], recordings: [] });
    for (const each of trained) done.set(each.trial, each);
    for (const each of recorder.mixed) mixed.add(each);
  }
  const facts: UnitFacts = {
    configSha256: configSha256(run),
    dataset: { name: dataset.name, sha256: dataset.sha256 },
    adapter: session.adapter,
    fingerprint: session.fingerprint,
    mixed: [...mixed],
    version: platform.versions()['wgsl-train'],
    host: thisProcess().host,
    finished: new Date().toISOString(),
  };
  for (const index of indices) {
    claim.check('its results were not written');
    const trials = units[index]!.flatMap((part) => part.trials.map((trial) => done.get(trial)!));
    const directory = unitDirectory(run, index, units.length);
    makeDirectory(directory);
    writeUnitResult(directory, { index, count: units.length }, { ...facts, trials });
  }
}

function folderOf(run: string, id: ExperimentId, { experiment }: TrainSettings): string {
  return experiment === 'all' ? join(run, experimentName(id)) : run;
}

async function trainPart(run: Run): Promise<UnitTrial[]> {
  const { plan, trials, recorder, output } = run;
  const { id } = plan.experiment;
  const count = `${trials.length} ${trials.length === 1 ? 'training' : 'trainings'}`;
  output.info(`\n${experimentName(id)}: ${count} of ${plan.experiment.title}`);
  beginTrials(run);
  const { results, diverged } = await allowDivergence(train(trials, run));
  output.clear();
  const resultOf = new Map(results.map((result) => [result.trial, result]));
  const divergenceOf = new Map(diverged.map((divergence) => [divergence.trial, divergence]));
  return recorder.pastOf(trials).map((past) => ({
    ...past,
    experiment: id,
    result: resultOf.get(past.trial) ?? null,
    divergence: divergenceOf.get(past.trial) ?? null,
  }));
}

/** Refuses a run whose units are being trained; called when it is claimed. @throws EngineError `usage` */
export async function requireNoLiveUnits(run: string, output: Output): Promise<void> {
  const live = await liveUnits(run, (text) => {
    output.info(text);
  });
  if (live.length === 0) return;
  const names = live
    .slice(0, 8)
    .map(({ folder, owner }) => `unit ${folder} (${owner === null ? 'a process' : ownerName(owner)})`);
  throw new EngineError('usage', `units of ${run} are being trained`, {
    found: `${names.join(', ')}${live.length > 8 ? ` and ${live.length - 8} more` : ''}`,
    expected: 'no unit that a process trains',
    remedy: `wait for them (${commandLine('status', run)}), or stop them: nothing of theirs is lost`,
  });
}

/** Trains units that are missing, and puts all together: numbers, metrics and page. */
export async function mergeUnits(training: Training): Promise<void> {
  const { plans, settings, claim, dataset, output } = training;
  const units = unitsOf(plans, settings);
  const run = claim.directory;
  const missing = units.flatMap((_, index) =>
    divergedInUnit(unitDirectory(run, index, units.length)) === null ? [index] : [],
  );
  if (missing.length > 0) {
    const names = missing.slice(0, 8).join(', ') + (missing.length > 8 ? ', ...' : '');
    output.info(`units:   ${missing.length} of ${units.length} are not done and are trained now: ${names}`);
    await trainUnits(missing, units, `merge-of-${units.length}`, training);
  }
  await runSeries({ ...training, merged: readUnits(run, units, configSha256(run), dataset) });
}
