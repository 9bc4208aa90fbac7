/** The variants of a run as the page shows them: each with its colour and a name as short as it can be. */
import type { Summary } from '../../experiments/summary.js';
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

/** All variants, then the runs beside them. */
export function shownVariants(summary: Pick<Summary, 'variants' | 'comparisons'>): ShownVariant[] {
  const prefix = commonSetting(summary.variants.map(({ name }) => name));
  const short = (name: string): string => (name.startsWith(prefix) ? name.slice(prefix.length) : name);
  const { variants, comparisons } = summary;
  return [
    ...variants.map((record) => ({ record, name: record.name, label: short(record.name) })),
    ...comparisons.map((record) => ({
      record,
      name: `(${record.name})`,
      label: `(${short(record.name)})`,
    })),
  ].map((variant, index) => ({ ...variant, index }));
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
