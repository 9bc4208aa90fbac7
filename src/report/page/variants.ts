/** The variants of a run as the page shows them: each with its colour and a name as short as it can be. */
import type { Summary } from '../../experiments/summary.js';
import type { SweepRecord } from './sweep.js';
import type { RunOverSeeds } from './types.js';

export interface ShownVariant {
  readonly record: RunOverSeeds;
  /** As in the tables of the terminal: the runs beside the sweep are in brackets. */
  readonly name: string;
  /** Without the setting that all variants of a sweep have in common: `0.5` of `dropout=0.5`. */
  readonly label: string;
  /** Its place in the palette. */
  readonly index: number;
}

/** Letters of a label at most, before ranks take the place of the values of a sweep. */
const longestLabel = 20;

/** All variants, then the runs beside them. */
export function shownVariants(summary: Pick<Summary, 'variants' | 'comparisons' | 'sweep'>): ShownVariant[] {
  const { variants, comparisons, sweep } = summary;
  const short =
    sweep === undefined || sweep.settings.length < 2 ? inCommon(variants) : inSweep(variants, sweep);
  return [
    ...variants.map((record) => ({ record, name: record.name, label: short(record.name) })),
    ...comparisons.map((record) => ({
      record,
      name: `(${record.name})`,
      label: `(${short(record.name)})`,
    })),
  ].map((variant, index) => ({ ...variant, index }));
}

/** Names without what all of them begin with. */
function inCommon(variants: readonly RunOverSeeds[]): (name: string) => string {
  const prefix = commonSetting(variants.map(({ name }) => name));
  return (name) => (name.startsWith(prefix) ? name.slice(prefix.length) : name);
}

/** Values without the names of the settings; where that is long, ranks. */
function inSweep(variants: readonly RunOverSeeds[], { ranking }: SweepRecord): (name: string) => string {
  const values = (name: string): string =>
    name.replace(/(^|,)[a-z-]+=/g, (_, comma: string) => (comma === '' ? '' : ' / '));
  if (variants.every(({ name }) => values(name).length <= longestLabel)) return values;
  const ranks = new Map(ranking.map((name, index) => [name, `rank ${index + 1}`]));
  return (name) => ranks.get(name) ?? values(name);
}

/** Whether every run held images out for validation. */
export function isValidated(records: readonly RunOverSeeds[]): boolean {
  return records.every(({ runs }) => runs.every(({ best }) => best !== null));
}

/** Seeds of the variant that has the most: others can have lost some by divergence. */
export function mostSeeds({ variants }: Pick<Summary, 'variants'>): number {
  return Math.max(...variants.map(({ runs }) => runs.length));
}

/** `dropout=` where every name begins so, else nothing. */
export function commonSetting(names: readonly string[]): string {
  const prefix = /^[^=]+=/.exec(names[0] ?? '')?.[0] ?? '';
  return names.every((name) => name.startsWith(prefix)) ? prefix : '';
}

/** A name that every file system takes. */
export function fileName(name: string): string {
  return name.replace(/[^a-zA-Z0-9.]+/g, '-').replace(/^-|-$/g, '');
}
