/** Checks of what compare.js reads out of a summary.json: a damaged one must not become a figure. */
import { EngineError } from '../../base/errors.js';
import type { Summary } from '../../experiments/index.js';

/**
 * @param path of the summary, for messages
 * @throws EngineError `bad-file`, naming the first field that is not what it must be
 */
export function checkVariants(summary: Summary, path: string): void {
  const damaged = (found: string, expected: string): EngineError =>
    new EngineError('bad-file', `${path} is damaged`, {
      found,
      expected,
      remedy: 'bring the file back from a copy, or train again',
    });
  try {
    check(summary, (holds, field, expected) => {
      if (!holds) throw damaged(`a wrong ${field}`, expected);
    });
  } catch (thrown) {
    // What is no object has no fields.
    if (thrown instanceof TypeError) throw damaged(thrown.message, 'a summary as train.js wrote it');
    throw thrown;
  }
}

type Need = (holds: boolean, field: string, expected: string) => void;

function check(summary: Summary, need: Need): void {
  const { variants, comparisons, dataset, adapter, tuning } = summary;
  need(isText(dataset.name) && isText(dataset.sha256), 'dataset', 'a name and a sha256');
  need(isText(adapter.description), 'adapter', 'a description');
  need(typeof summary.fused === 'boolean', 'fused', 'true or false');
  need(Object.values(summary.versions).every(isText), 'versions', 'texts');
  need(tuning === null || isText(tuning.file), 'tuning', 'a file, or null');
  need(variants.length > 0, 'variants', 'at least one');
  need(Array.isArray(comparisons), 'comparisons', 'a list');
  for (const [at, variant] of [...variants, ...comparisons].entries()) {
    const field = `variant ${at + 1}`;
    need(isText(variant.name), `${field}, name`, 'text');
    need(isNumber(variant.config.validation), `${field}, config.validation`, 'a number');
    need(Array.isArray(variant.config.hidden), `${field}, config.hidden`, 'a list of widths');
    need(variant.runs.length > 0, `${field}, runs`, 'at least one');
    for (const run of variant.runs) {
      const place = `${variant.name}, seed ${run.seed}`;
      const { best, test, history } = run;
      need(Number.isSafeInteger(run.seed), `${field}, seed`, 'a whole number');
      need(Number.isSafeInteger(run.epochs) && run.epochs > 0, `${place}, epochs`, 'a whole number above 0');
      need(isNumber(test.loss) && isNumber(test.accuracy), `${place}, test`, 'a loss and an accuracy');
      need(
        best === null || (isNumber(best.epoch) && isNumber(best.valLoss) && isNumber(best.valAccuracy)),
        `${place}, best`,
        'an epoch, a loss and an accuracy, or null',
      );
      need(isCurve(history.trainLoss, run.epochs), `${place}, history.trainLoss`, 'a number per epoch');
      need(
        history.valLoss === null || isCurve(history.valLoss, run.epochs),
        `${place}, history.valLoss`,
        'a number per epoch, or null',
      );
    }
  }
}

function isText(value: unknown): boolean {
  return typeof value === 'string';
}

function isNumber(value: unknown): boolean {
  return typeof value === 'number' && Number.isFinite(value);
}

function isCurve(values: readonly unknown[], epochs: number): boolean {
  return Array.isArray(values) && values.length === epochs && values.every(isNumber);
}
