/** A sweep of one's own as its page shows it: the variants by rank, each with its values. */
import { quantileT } from '../../base/statistics.js';
import type { Summary } from '../../experiments/summary.js';
import { settingKeys, settings, settingText, type SettingKey } from '../../train/settings.js';
import type { RunOverSeeds } from './types.js';

/** What a summary says of a sweep. */
export type SweepRecord = NonNullable<Summary['sweep']>;

export interface SweepSetting {
  /** As on the command line. */
  readonly name: string;
  /** Its place among the settings of the sweep. */
  readonly place: number;
  /** All values that were trained, in order, as the command line spells them. */
  readonly values: readonly string[];
  readonly low: string;
  readonly high: string;
}

export interface SweptVariant {
  readonly record: RunOverSeeds;
  /** The value of each setting, as the command line spells it. */
  readonly values: readonly string[];
  /** Where each value stands between the lowest and the highest of its setting, 0 to 1. */
  readonly places: readonly number[];
  /** Best validation loss, mean over seeds. */
  readonly loss: number;
  /** Half of the 95 % interval of that mean, by Student's t; null for one seed. */
  readonly margin: number | null;
  readonly mark: 'best' | 'not told apart from it' | 'stopped by halving' | 'lacks a seed' | null;
}

/** @returns the settings, and the variants with a validation loss, the best first */
export function sweptOf(
  summary: Pick<Summary, 'variants'>,
  record: SweepRecord,
): { readonly settings: readonly SweepSetting[]; readonly variants: readonly SweptVariant[] } {
  const keys = record.settings.map((name) => settingKeys.find((key) => settings[key].name === name)!);
  const byName = new Map(summary.variants.map((variant) => [variant.name, variant]));
  const ranked = record.ranking.flatMap((name) => byName.get(name) ?? []);
  const axes = keys.map((key, place) => axisOf(key, place, ranked));
  const rounds = record.halving?.rounds ?? [];
  const last = new Set(rounds.at(-1)?.ranking.map(({ variant }) => variant));
  const alike = new Set(record.notToldApart);
  const markOf = (name: string, rank: number): SweptVariant['mark'] => {
    if (rank >= record.compared)
      return rounds.length > 0 && !last.has(name) ? 'stopped by halving' : 'lacks a seed';
    if (rank === 0) return 'best';
    return alike.has(name) ? 'not told apart from it' : null;
  };
  const variants = ranked.flatMap((variant, rank): SweptVariant[] => {
    const over = variant.overSeeds.bestValLoss;
    if (over === null) return [];
    const n = variant.runs.length;
    const values = keys.map((key) => settingText(variant.config, key));
    return [
      {
        record: variant,
        values,
        places: axes.map(({ placeOf }, i) => placeOf.get(values[i]!)!),
        loss: over.mean,
        margin: over.sd === null ? null : (quantileT(n - 1) * over.sd) / Math.sqrt(n),
        mark: markOf(variant.name, rank),
      },
    ];
  });
  return { settings: axes.map(({ setting }) => setting), variants };
}

/** Numbers stand at their place between the ends (their logarithms, over two decades), names in a row. */
function axisOf(key: SettingKey, place: number, variants: readonly RunOverSeeds[]) {
  const found = new Map(variants.map(({ config }) => [settingText(config, key), config[key]]));
  const isNumeric = [...found.values()].every((value) => typeof value === 'number');
  const values = [...found.keys()];
  if (isNumeric) values.sort((a, b) => Number(a) - Number(b));
  const [low, high] = [values[0]!, values.at(-1)!];
  const isLog = isNumeric && Number(low) > 0 && Number(high) / Number(low) >= 100;
  const at = (value: string, index: number): number =>
    !isNumeric ? index : isLog ? Math.log(Number(value)) : Number(value);
  const [first, last] = [at(low, 0), at(high, values.length - 1)];
  const share = (value: string, index: number): number =>
    last > first ? (at(value, index) - first) / (last - first) : 0.5;
  return {
    setting: { name: settings[key].name, place, values, low, high },
    placeOf: new Map(values.map((value, index) => [value, share(value, index)])),
  };
}
