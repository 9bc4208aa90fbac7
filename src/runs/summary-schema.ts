/** What summary.json has to hold to be read; no file is touched here. */
import * as v from 'valibot';
import {
  byName,
  finite,
  flag,
  line,
  list,
  numbers,
  oneOf,
  openRecord,
  record,
  requireJson,
  sha256Text,
  text,
  whole,
} from '../base/schema.js';
import type { Summary } from '../experiments/index.js';
import { inputFormatSchema } from '../pictures/input-format.js';
import { configSchema } from '../train/settings.js';

const score = openRecord({ loss: finite('a loss'), accuracy: finite('an accuracy') });
const best = record({ epoch: whole(1), valLoss: finite('a loss'), valAccuracy: finite('an accuracy') });
const curve = numbers('a number per epoch');
const history = record({
  trainLoss: curve,
  trainAccuracy: curve,
  valLoss: v.nullable(curve),
  valAccuracy: v.nullable(curve),
});
const runFields = openRecord({
  seed: whole(),
  epochs: whole(1),
  test: score,
  best: v.nullable(best),
  weightsSha256: sha256Text,
  history,
});
/** Whether a curve of a run has an entry per epoch. */
function fits(name: keyof v.InferOutput<typeof history>) {
  const isFitting = ({ history, epochs }: v.InferOutput<typeof runFields>): boolean =>
    (history[name]?.length ?? epochs) === epochs;
  return v.forward(v.check(isFitting, 'a number per epoch'), ['history', name]);
}
const run = v.pipe(runFields, fits('trainLoss'), fits('trainAccuracy'), fits('valLoss'), fits('valAccuracy'));
const variant = openRecord({
  name: line(),
  config: configSchema,
  runs: list(run, 'a list of runs', { least: 1 }),
});

function isSquare(value: unknown): boolean {
  const isRow = (row: unknown, size: number): boolean =>
    Array.isArray(row) &&
    row.length === size &&
    row.every((count) => Number.isSafeInteger(count) && count >= 0);
  return Array.isArray(value) && value.every((row) => isRow(row, value.length));
}

/** What summary.json holds, as far as its readers look: a damaged one becomes neither a figure nor a path. */
const summarySchema = openRecord({
  schema: oneOf([1]),
  title: line(),
  experiment: v.union([whole(), line()], 'a number or a name'),
  dataset: openRecord({
    name: line(),
    sha256: line(),
    train: whole(1),
    validation: v.nullable(whole()),
    test: whole(1),
    // Earlier versions did not measure it.
    input: v.nullish(inputFormatSchema),
  }),
  adapter: openRecord({ description: line(), software: flag() }),
  fused: flag(),
  versions: byName(line(), 'versions by name'),
  tuning: v.nullable(openRecord({ file: line() })),
  variants: list(variant, 'a list of variants', { least: 1 }),
  comparisons: list(variant),
  // Earlier versions wrote no summary where a training diverged.
  diverged: v.optional(
    list(
      record({
        variant: line(),
        seed: whole(),
        epoch: whole(1),
        step: v.nullable(whole()),
        tensor: line(),
        reproduced: flag(),
        message: line(),
        remedy: line(),
      }),
    ),
    [],
  ),
  selected: openRecord({
    variant: line(),
    seed: whole(),
    test: score,
    classNames: list(line(), 'a list of names'),
    confusion: v.custom(isSquare, 'as many counts in each row as there are rows'),
  }),
  conclusions: list(text()),
  notes: list(text()),
});

/** A summary of 10,000 trainings has 11 MB with 3 epochs each, and some 180 MB with 200. */
export const damaged = { remedy: 'bring the file back from a copy, or train again', largest: 2 ** 28 };

/**
 * @returns the summary; what no reader looks at is as it was written
 * @throws EngineError `bad-file`, naming the first field that is wrong
 */
export function checkSummary(content: unknown, file: string): Summary {
  return requireJson(summarySchema, content, { ...damaged, file }) as unknown as Summary;
}
