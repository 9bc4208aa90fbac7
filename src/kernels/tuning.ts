/** Tuning files: variants of the matrix product that were measured to be faster than the rules' choice. */
import { commandLine } from '../platform/command-line.js';
import * as v from 'valibot';
import { badFile, shown } from '../base/bad-file.js';
import { EngineError } from '../base/errors.js';
import { exactRecord, line, list, oneOf, parseJson, whole } from '../base/schema.js';
import type { TuningEntry } from '../gpu/index.js';
import { kernels } from './registry.js';
import { hasLowTiles } from './rules.js';
import { productVariants } from './source.js';

/** What a tuning file says. */
export interface Tuning {
  /** The adapter that it was measured on, with the size of its subgroups; it is for no other. */
  readonly adapter: string;
  readonly subgroupSize: number | null;
  /** First match first. */
  readonly entries: readonly TuningEntry[];
}

/** Of the file's layout; a file with another number is refused. */
export const tuningFormat = 1;

const remedy = `make the file anew with ${commandLine('tune')}, or leave out --tuning`;

/** One of this project's takes some thousand bytes. */
export const tuningFile = { remedy, largest: 65_536 } as const;

const size = v.exactOptional(whole(1));
const kernelNames = kernels.filter(({ product }) => product !== undefined).map(({ name }) => name);
const lowTiles = kernels.filter(({ product }) => product === 'low-tiles').map(({ name }) => name);

const entryKeys = {
  kernel: v.exactOptional(oneOf(kernelNames)),
  rows: size,
  columns: size,
  inner: size,
  variant: oneOf(productVariants),
};
const keysInOrder = Object.keys(entryKeys);
const choice = exactRecord(entryKeys);
const isFitting = ({ kernel, variant }: v.InferOutput<typeof choice>): boolean =>
  kernel === undefined || !lowTiles.includes(kernel) || hasLowTiles(variant);
const entrySchema = v.pipe(
  choice,
  v.forward(v.check(isFitting, `one of ${productVariants.filter(hasLowTiles).join(', ')}`), ['variant']),
);

const adapterText = "the adapter's description, in one line";
const fileSchema = exactRecord({
  format: oneOf([tuningFormat], `${tuningFormat}, the one format that this version reads`),
  adapter: v.pipe(
    line(adapterText),
    v.check((text) => text.trim() !== '', adapterText),
  ),
  subgroupSize: v.nullable(whole(1, undefined, 'a whole number of at least 1, or null where sizes differ')),
  entries: list(entrySchema, 'a list of choices'),
});

/**
 * Reads the text of a tuning file.
 * @param file its name, for messages
 * @throws EngineError `bad-file` naming the file, the key, what was expected there, and what to do
 */
export function parseTuning(content: string | Uint8Array, file: string): Tuning {
  const { adapter, subgroupSize, entries } = parseJson(fileSchema, content, { ...tuningFile, file });
  const keys = entries.map((entry) => JSON.stringify({ ...entry, variant: '' }, keysInOrder));
  const twice = keys.findIndex((key, at) => keys.indexOf(key) < at);
  if (twice < 0) return { adapter, subgroupSize, entries };
  throw badFile(file, `entries[${twice}] is wrong`, {
    found: shown(entries[twice]),
    expected: `a choice of its own: entries[${keys.indexOf(keys[twice]!)}] has decided this one`,
    remedy,
  });
}

/**
 * A tuning file's text. It holds choices only, no dates and no times: the same choices on the same adapter
 * give the same bytes.
 */
export function tuningText({ adapter, subgroupSize, entries }: Tuning): string {
  // The keys of each in the same order.
  const lines = entries.map((entry) => `    ${JSON.stringify(entry, keysInOrder)}`);
  const list = lines.length === 0 ? '[]' : `[\n${lines.join(',\n')}\n  ]`;
  const fields = [
    `"format": ${tuningFormat}`,
    `"adapter": ${JSON.stringify(adapter)}`,
    `"subgroupSize": ${subgroupSize}`,
    `"entries": ${list}`,
  ];
  return `{\n  ${fields.join(',\n  ')}\n}\n`;
}

/**
 * @param adapter that is to be used. One driver can have subgroups of several sizes: lavapipe goes by what
 *   the CPU has.
 * @throws EngineError `usage` if the file is for another
 */
export function requireSameAdapter(
  tuning: Tuning,
  adapter: { readonly description: string; readonly subgroupSize: number | null },
  file: string,
): void {
  const { description, subgroupSize } = adapter;
  if (tuning.adapter === description && tuning.subgroupSize === subgroupSize) return;
  const subgroups = (size: number | null): string => `subgroups of ${size ?? 'no fixed size'}`;
  throw new EngineError('usage', `${file} was measured on another adapter`, {
    found: `a file for ${tuning.adapter}, ${subgroups(tuning.subgroupSize)}`,
    expected: `one for the adapter of this run, ${description}, ${subgroups(subgroupSize)}`,
    remedy: `measure this adapter with ${commandLine('tune')}, or leave out --tuning`,
  });
}
