/** What the units of a run came to, as if one process had trained them all. */
import { join } from 'node:path';
import { EngineError } from '../../base/errors.js';
import { fingerprintDifference } from '../../gpu/fingerprint.js';
import { resultKey, type ExperimentId, type Trained, type Unit } from '../../experiments/index.js';
import { platform } from '../../platform/index.js';
import {
  adapterText,
  readUnitResult,
  unitDirectory,
  unitFiles,
  type UnitResult,
  type UnitTrial,
} from '../../runs/index.js';
import { DivergedError } from '../../train/diverged-error.js';
import type { Trial, TrialResult } from '../../train/types.js';
import type { LiveSession, MergedUnits, Place, Training } from './training.js';

/**
 * Reads the results of all units, one file after another.
 * @throws EngineError as `readUnitResult`; `usage` if units were trained on other data or by another version
 */
export function readUnits(
  run: string,
  units: readonly Unit[],
  configSha256: string,
  dataset: { readonly sha256: string },
): MergedUnits {
  const trials = new Map<string, UnitTrial>();
  const adapters = new Map<string, UnitResult['adapter']>();
  const adapterOf = new Map<UnitTrial, string>();
  const mixed = new Set<string>();
  const same = shared();
  let place: Place | null = null;
  units.forEach((unit, index) => {
    const directory = unitDirectory(run, index, units.length);
    const unitTrials = unit.flatMap(({ plan, trials }) =>
      trials.map((trial) => ({ experiment: plan.experiment.id, trial })),
    );
    const result = readUnitResult(directory, unitTrials, configSha256);
    requireSameUnit(join(directory, unitFiles.result), result, dataset);
    const { adapter, fingerprint } = result;
    place ??= { adapter, fingerprint, environment: { driver: fingerprint.driver } };
    const text = adapterText({ adapter: adapter.description, fingerprint });
    adapters.set(text, adapter);
    for (const each of result.mixed) mixed.add(each);
    for (const trial of result.trials) {
      const kept = trial.result === null ? trial : { ...trial, result: same(trial.result) };
      trials.set(resultKey(trial.trial), kept);
      adapterOf.set(kept, text);
    }
  });
  if (adapters.size > 1) nameAdapters(trials, adapterOf, adapters);
  return { place: place!, mixed: [...mixed], trials };
}

/** @throws EngineError `usage` */
function requireSameUnit(
  file: string,
  { dataset, version }: UnitResult,
  now: { readonly sha256: string },
): void {
  const own = platform.versions()['wgsl-train'];
  const pairs = [
    ['data', dataset.sha256, now.sha256],
    ['version of wgsl-train', version, own],
  ] as const;
  for (const [what, found, expected] of pairs)
    if (found !== expected)
      throw new EngineError('usage', `${file} cannot be merged: the ${what} is another one`, {
        found,
        expected,
        remedy: `merge with what the units were trained with, or delete the file to train the unit again`,
      });
}

/** Keeps what many results share once. */
function shared(): (result: TrialResult) => TrialResult {
  const known = new Map<string, TrialResult['kernels']>();
  return (result) => {
    const key = JSON.stringify(result.kernels);
    const kernels = known.get(key) ?? result.kernels;
    known.set(key, kernels);
    return { ...result, kernels };
  };
}

/** Says with each result on which adapter it was trained, by as much as tells them apart. */
function nameAdapters(
  trials: Map<string, UnitTrial>,
  adapterOf: ReadonlyMap<UnitTrial, string>,
  adapters: ReadonlyMap<string, UnitResult['adapter']>,
): void {
  const descriptions = [...adapters.values()].map(({ description }) => description);
  const isTold = new Set(descriptions).size === adapters.size;
  for (const [key, trial] of trials) {
    const text = adapterOf.get(trial)!;
    const adapter = isTold ? adapters.get(text)!.description : text;
    if (trial.result !== null) trials.set(key, { ...trial, result: { ...trial.result, adapter } });
  }
}

/** What units know of trials, under the names that these have here; empty where nothing was merged. */
export function mergedOf(trials: readonly Trial[], { merged }: Pick<Training, 'merged'>): UnitTrial[] {
  return trials.flatMap((trial) => {
    const found = merged?.trials.get(resultKey(trial));
    if (found === undefined) return [];
    const { divergence } = found;
    const nameOf = ({ variant, seed }: Trial): string => `${variant}, seed ${seed}, `;
    const place = divergence?.place.replace(nameOf(found.trial), () => nameOf(trial)) ?? '';
    return [{ ...found, trial, divergence: divergence && { ...divergence, trial, place } }];
  });
}

/** Results of units as the outcome of a training. */
export function trainedOf(known: readonly UnitTrial[]): Trained {
  const results = known.map(({ result }) => result);
  const diverged = known.flatMap(({ divergence }) => divergence ?? []);
  return {
    results: results.filter((result) => result !== null),
    diverged,
    error: diverged.length === 0 ? null : new DivergedError(diverged, results),
  };
}

/** Whether the adapter here gives the bits of a place; false where there is none. */
export async function isSameAdapter(place: Place, adapter: LiveSession): Promise<boolean> {
  try {
    const { adapter: here, fingerprint } = await adapter.ensure();
    const isSame = here.description === place.adapter.description;
    return isSame && fingerprintDifference(place.fingerprint, fingerprint) === null;
  } catch (error) {
    if (error instanceof EngineError && error.kind === 'no-adapter') return false;
    throw error;
  }
}

/** The experiments that units have: the final network waits for what experiment 6 selects. */
export function unitPlans<P extends { readonly experiment: { readonly id: ExperimentId } }>(
  plans: readonly P[],
  experiment: ExperimentId | 'all',
): readonly P[] {
  return experiment === 'all' ? plans.filter(({ experiment: { id } }) => id !== 'final') : plans;
}
