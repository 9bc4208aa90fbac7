import { EngineError } from '../base/errors.js';
import {
  checkTrial,
  settingKeys,
  settings,
  settingText,
  type SettingKey,
  type TrainConfig,
} from '../train/settings.js';
import type { Trial } from '../train/types.js';
import { variantName } from './definition.js';
import { requireHalvable } from './halving.js';
import { select } from './measures.js';
import type { Experiment, Outcome, PlannedExperiment, Variant } from './types.js';

/** Settings that replace those of an experiment's definition in every variant. */
export type Overrides = Partial<TrainConfig>;

/**
 * Puts the user's settings into an experiment.
 *
 * A setting that the experiment sweeps over collapses the sweep to that one value. Comparisons are changes to
 * the last variant, so they follow every setting but the one that they change; a comparison that equals a
 * variant is dropped, and one that the user's settings do not fit, with a note.
 *
 * @param seeds the seeds to train every variant with, at least one
 * @throws EngineError `usage` for patience without a validation set, an experiment that loses the validation
 *   set that it concludes from, or settings that do not fit each other
 */
export function planExperiment(
  experiment: Experiment,
  overrides: Overrides,
  seeds: readonly number[],
): PlannedExperiment {
  const { swept } = experiment;
  checkValidation(experiment, overrides);
  const known = new Set<string>();
  const isNew = (config: TrainConfig): boolean => {
    const key = trainingKey(config);
    if (known.has(key)) return false;
    known.add(key);
    return true;
  };
  const variants: Variant[] = [];
  for (const { name, config } of experiment.variants) {
    const changed = { ...config, ...overrides };
    if (!isNew(changed)) continue;
    variants.push({ name: swept.length === 0 ? name : variantName(swept, changed), config: changed });
  }
  const last = variants.at(-1)!;
  const comparisons: Variant[] = [];
  const dropped: string[] = [];
  for (const { decay, ...change } of experiment.comparisons) {
    const config: TrainConfig = {
      ...last.config,
      ...change,
      decay: decay ? otherMode(last.config) : last.config.decay,
    };
    if (!isNew(config)) continue;
    const changed = Object.keys({ ...change, ...(decay && { decay }) }) as SettingKey[];
    const told = changed.filter((setting) => !swept.includes(setting));
    const name = variantName([...swept, ...told], config);
    const comparison = { name: swept.length === 0 ? `${last.name},${name}` : name, config };
    const misfit = Object.keys(overrides).length === 0 ? null : misfitOf(comparison);
    if (misfit === null) comparisons.push(comparison);
    else dropped.push(misfit);
  }
  const notes = [...describeOverrides(experiment, variants, overrides), ...dropped];
  const plan = { experiment, variants, comparisons, seeds, notes };
  for (const each of [...variants, ...comparisons]) checkVariant(each);
  requireHalvable(plan);
  return plan;
}

function checkVariant({ name, config }: Variant): void {
  checkTrial({ variant: name, seed: 0, config });
}

/** A note about a comparison whose settings do not fit each other; null: they do. */
function misfitOf({ name, config }: Variant): string | null {
  try {
    checkVariant({ name: `the comparison ${name} is left out`, config });
    return null;
  } catch (error) {
    if (error instanceof EngineError) return error.message;
    throw error;
  }
}

function checkValidation({ id, variants }: Experiment, overrides: Overrides): void {
  const defined = variants.at(-1)!.config;
  if (overrides.validation === 0 && defined.validation > 0)
    throw new EngineError('usage', `--validation 0 does not apply to experiment ${id}`, {
      expected: 'a share above 0: the experiment compares validation losses',
      remedy: 'leave it out, or use experiment 0, which trains on all training images',
    });
  if (overrides.patience != null && (overrides.validation ?? defined.validation) === 0)
    throw new EngineError('usage', `--patience does not apply to experiment ${id}`, {
      found: `--patience ${overrides.patience}, but the experiment holds out no validation set`,
      expected: 'a validation set, or no --patience: early stopping watches the validation loss',
      remedy: 'add --validation 0.2, use --epochs to shorten it, or experiment 1, which has a validation set',
    });
}

/** In a whole series the final network takes the batch size that experiment 6 selected. */
export function withSelectedBatchSize(
  plan: PlannedExperiment,
  outcomes: readonly Outcome[],
  overrides: Overrides,
): PlannedExperiment {
  const sixth = outcomes.find((outcome) => outcome.plan.experiment.id === 6);
  if (plan.experiment.id !== 'final' || sixth === undefined) return plan;
  const { name, config } = select(sixth.variants).variant;
  const { batchSize } = config;
  const variants = plan.experiment.variants.map((each) => ({
    ...each,
    config: { ...each.config, batchSize },
  }));
  const replanned = planExperiment({ ...plan.experiment, variants }, overrides, plan.seeds);
  return { ...replanned, notes: [...replanned.notes, `${name} is what experiment 6 selected`] };
}

/** `lr 0.001 | 0.005, epochs 50`: the settings of variants, with the values where they differ. */
export function describeSettings(variants: readonly Variant[]): string {
  return settingKeys
    .map((key) => {
      const values = valuesOf(variants, key);
      const isMany = values.length > mostValues;
      return `${settings[key].name} ${isMany ? `${values.length} values` : values.join(' | ')}`;
    })
    .join(', ');
}

/** More values of a setting are only counted. */
const mostValues = 8;

function valuesOf(variants: readonly Variant[], key: SettingKey): string[] {
  return [...new Set(variants.map(({ config }) => settingText(config, key)))];
}

/** Every trial of a plan: variants and comparisons, each with every seed. */
export function trialsOf(plan: PlannedExperiment): Trial[] {
  return [...plan.variants, ...plan.comparisons].flatMap(({ name, config }) =>
    plan.seeds.map((seed) => ({ variant: name, seed, config })),
  );
}

/** Tells trainings apart: equal keys (and seeds) give the same weights, bit by bit. */
export function trainingKey(config: TrainConfig): string {
  const decay = config.weightDecay === 0 ? 'none' : config.decay;
  return JSON.stringify(Object.entries({ ...config, decay }).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Tells trainings with their seeds apart. */
export function resultKey({ config, seed }: Pick<Trial, 'config' | 'seed'>): string {
  return `${seed} ${trainingKey(config)}`;
}

function otherMode(config: TrainConfig): TrainConfig['decay'] {
  return config.decay === 'l2' ? 'decoupled' : 'l2';
}

function describeOverrides(
  { swept, variants }: Experiment,
  planned: readonly Variant[],
  overrides: Overrides,
): string[] {
  const notes: string[] = [];
  const left = planned.length === 1 ? 'one variant is' : `${planned.length} variants are`;
  for (const setting of Object.keys(overrides) as SettingKey[]) {
    const value = settingText({ ...variants[0]!.config, ...overrides }, setting);
    const defined = valuesOf(variants, setting);
    if (defined.length === 1 && defined[0] === value) continue;
    const option = `--${settings[setting].name} ${value}`;
    notes.push(
      swept.includes(setting) && variants.length > 1
        ? `${option} takes the place of the sweep over ${defined.join(', ')}: ${left} left`
        : `${option} takes the place of ${defined.join(', ')}`,
    );
  }
  return notes;
}
