/** Checks of what a summary.json holds, down to where its readers look: a damaged one becomes neither a figure nor a path. */
import { EngineError } from '../base/errors.js';
import { excerpt, shown } from '../base/bad-file.js';
import type { Summary } from '../experiments/index.js';

/**
 * @param value JSON of which nothing is known
 * @param path of the summary, for messages
 * @throws EngineError `bad-file`, naming the first field that is not what it must be
 */
export function checkSummary(value: unknown, path: string): Summary {
  const need: Need = (holds, field, expected, found) => {
    if (holds) return;
    throw new EngineError('bad-file', `${path} is damaged`, {
      found: `a wrong ${excerpt(field)}: ${shown(found)}`,
      expected,
      remedy: 'bring the file back from a copy, or train again',
    });
  };
  const summary = record(value, 'summary', need);
  need(summary.schema === 1, 'schema', '1', summary.schema);
  need(isName(summary.title), 'title', 'a text', summary.title);
  const { experiment } = summary;
  need(isName(experiment) || isCount(experiment, 0), 'experiment', 'a number or a name', experiment);
  checkCircumstances(summary, need);
  const variants = list(summary.variants, 'variants', need);
  need(variants.length > 0, 'variants', 'at least one', variants);
  const all = [...variants, ...list(summary.comparisons, 'comparisons', need)];
  all.forEach((variant, at) => {
    checkVariant(record(variant, `variant ${at + 1}`, need), `variant ${at + 1}`, need);
  });
  checkSelected(record(summary.selected, 'selected', need), need);
  // Those of earlier versions do not have the field: they were not written where a training diverged.
  const diverged = summary.diverged === undefined ? [] : list(summary.diverged, 'diverged', need);
  for (const each of diverged) checkDivergence(record(each, 'diverged', need), need);
  return { ...summary, diverged } as unknown as Summary;
}

function checkDivergence(divergence: Fields, need: Need): void {
  const { variant, seed, epoch, step, tensor, reproduced, message, remedy } = divergence;
  const isPlaced = isCount(epoch, 1) && (step === null || isCount(step, 0));
  const isTold = [variant, tensor, message, remedy].every(isName) && typeof reproduced === 'boolean';
  need(
    isCount(seed, 0) && isPlaced && isTold,
    'diverged',
    'a training with epoch, step and tensor',
    divergence,
  );
}

type Fields = Readonly<Record<string, unknown>>;
type Need = (holds: boolean, field: string, expected: string, found: unknown) => void;

function checkCircumstances(summary: Fields, need: Need): void {
  const dataset = record(summary.dataset, 'dataset', need);
  need(isName(dataset.name) && isName(dataset.sha256), 'dataset', 'a name and a sha256', summary.dataset);
  const { train, validation, test } = dataset;
  const isSized = isCount(train, 1) && isCount(test, 1) && (validation === null || isCount(validation, 0));
  need(isSized, 'dataset', 'numbers of images', summary.dataset);
  const { description, software } = record(summary.adapter, 'adapter', need);
  need(isName(description), 'adapter', 'a description', summary.adapter);
  need(typeof software === 'boolean', 'adapter', 'whether it is a software adapter', software);
  need(typeof summary.fused === 'boolean', 'fused', 'true or false', summary.fused);
  const versions = Object.entries(record(summary.versions, 'versions', need)).flat();
  need(versions.every(isName), 'versions', 'texts', summary.versions);
  const { tuning } = summary;
  need(tuning === null || isName(record(tuning, 'tuning', need).file), 'tuning', 'a file, or null', tuning);
  for (const key of ['conclusions', 'notes'])
    need(list(summary[key], key, need).every(isText), key, 'texts', summary[key]);
}

function checkVariant(variant: Fields, field: string, need: Need): void {
  const { name } = variant;
  need(isName(name), `${field}, name`, 'a text in one line', name);
  checkConfig(record(variant.config, `${field}, config`, need), `${field}, config`, need);
  const runs = list(variant.runs, `${field}, runs`, need);
  need(runs.length > 0, `${field}, runs`, 'at least one', runs);
  for (const run of runs) checkRun(record(run, `${field}, run`, need), name as string, need);
}

function checkConfig(config: Fields, field: string, need: Need): void {
  const { hidden, dropout, weightDecay, decay, learningRate, batchSize, epochs, patience, validation } =
    config;
  const isShare = (value: unknown): boolean =>
    isNumber(value) && (value as number) >= 0 && (value as number) < 1;
  need(
    list(hidden, `${field}.hidden`, need).every((width) => isCount(width, 1)),
    `${field}.hidden`,
    'widths',
    hidden,
  );
  need(isShare(dropout), `${field}.dropout`, 'a number from 0 to less than 1', dropout);
  need(isShare(validation), `${field}.validation`, 'a number from 0 to less than 1', validation);
  need(isNumber(weightDecay), `${field}.weightDecay`, 'a number', weightDecay);
  need(isNumber(learningRate), `${field}.learningRate`, 'a number', learningRate);
  need(decay === 'decoupled' || decay === 'l2', `${field}.decay`, 'decoupled or l2', decay);
  need(isCount(batchSize, 1), `${field}.batchSize`, 'a whole number above 0', batchSize);
  need(isCount(epochs, 1), `${field}.epochs`, 'a whole number above 0', epochs);
  need(
    patience === null || isCount(patience, 1),
    `${field}.patience`,
    'a whole number above 0, or null',
    patience,
  );
}

function checkRun(run: Fields, variant: string, need: Need): void {
  const { seed, epochs, best, weightsSha256 } = run;
  need(isCount(seed, 0), `${variant}, seed`, 'a whole number', seed);
  const place = `${variant}, seed ${seed as number}`;
  need(isCount(epochs, 1), `${place}, epochs`, 'a whole number above 0', epochs);
  checkScore(run.test, `${place}, test`, need);
  if (best !== null) {
    const { epoch, valLoss, valAccuracy } = record(best, `${place}, best`, need);
    const isBest = isCount(epoch, 1) && isNumber(valLoss) && isNumber(valAccuracy);
    need(isBest, `${place}, best`, 'an epoch, a loss and an accuracy, or null', best);
  }
  need(
    typeof weightsSha256 === 'string' && /^[0-9a-f]{64}$/.test(weightsSha256),
    `${place}, weightsSha256`,
    '64 hexadecimal digits',
    weightsSha256,
  );
  const history = record(run.history, `${place}, history`, need);
  for (const key of ['trainLoss', 'trainAccuracy', 'valLoss', 'valAccuracy']) {
    const values = history[key];
    const field = `${place}, history.${key}`;
    if (values === null && key.startsWith('val')) continue;
    const curve = list(values, field, need);
    need(curve.length === epochs && curve.every(isNumber), field, 'a number per epoch', values);
  }
}

function checkSelected(selected: Fields, need: Need): void {
  const { variant, seed, classNames, confusion } = selected;
  need(isName(variant), 'selected, variant', 'the name of one', variant);
  need(isCount(seed, 0), 'selected, seed', 'a whole number', seed);
  checkScore(selected.test, 'selected, test', need);
  const names = list(classNames, 'selected, classNames', need);
  need(names.every(isName), 'selected, classNames', 'texts in one line', classNames);
  const rows = list(confusion, 'selected, confusion', need).map((row) =>
    list(row, 'selected, confusion', need),
  );
  const isMatrix = rows.every((row) => row.length === rows.length && row.every((count) => isCount(count, 0)));
  need(isMatrix, 'selected, confusion', 'as many counts in each row as there are rows', confusion);
}

function checkScore(value: unknown, field: string, need: Need): void {
  const { loss, accuracy } = record(value, field, need);
  need(isNumber(loss) && isNumber(accuracy), field, 'a loss and an accuracy', value);
}

function record(value: unknown, field: string, need: Need): Fields {
  need(typeof value === 'object' && value !== null && !Array.isArray(value), field, 'an object', value);
  return value as Fields;
}

function list(value: unknown, field: string, need: Need): readonly unknown[] {
  need(Array.isArray(value), field, 'a list', value);
  return value as readonly unknown[];
}

const longestName = 1000;

/** Text that is shown in one line, and may become the name of a folder. */
function isName(value: unknown): boolean {
  return isText(value) && (value as string).length <= longestName && !/\p{Cc}|\p{Cs}/u.test(value as string);
}

function isText(value: unknown): boolean {
  return typeof value === 'string';
}

function isNumber(value: unknown): boolean {
  return typeof value === 'number' && Number.isFinite(value);
}

function isCount(value: unknown, least: number): boolean {
  return Number.isSafeInteger(value) && (value as number) >= least;
}
