/** What --help and --list print. */
import {
  describeSettings,
  experiments,
  experimentName,
  planExperiment,
  type Variant,
} from '../experiments/index.js';
import type { OptionSpec } from './arguments.js';
import { textColumns, wrap } from '../base/wrap.js';

/** Exit codes, in the order of their numbers. */
const exitCodeRows = [
  ['0', 'done'],
  ['1', 'a bug'],
  ['2', 'wrong usage; nothing was touched'],
  ['4', 'diverged: a loss, gradient or weight was not finite'],
  ['65', 'a damaged file'],
  ['66', 'no data'],
  ['69', 'no WebGPU adapter, or it failed (lost, out of memory, wrong results)'],
  ['74', 'a file could not be written'],
  ['75', 'stopped by SIGTERM; a training goes on with --resume'],
  ['130', 'Ctrl-C; a training goes on with --resume'],
] as const;

/** Usage, options with their values, and exit codes. */
export function helpText(usage: string, options: readonly OptionSpec[]): string {
  const rows = options.map(
    ({ flag, value, help }) => `  ${flag}${value === null ? '' : ` ${value}`}\n      ${help}`,
  );
  const codes = exitCodeRows.map(([code, meaning]) => `  ${code.padStart(3)}  ${meaning}`);
  return [`usage: ${usage}`, '', 'options', ...rows, '', 'exit codes', ...codes].join('\n');
}

const listIndent = ' '.repeat(7);

/** Every experiment with its variants. */
export function listText(): string {
  return experiments
    .map((experiment) => {
      const { variants, comparisons } = planExperiment(experiment, {}, [0]);
      const names = (list: readonly Variant[]): string => list.map(({ name }) => name).join('  ');
      const beside = comparisons.length === 0 ? [] : [`beside them, for comparison: ${names(comparisons)}`];
      const details = [experiment.asks, names(variants), ...beside, describeSettings(variants)];
      const lines = details.map(
        (text) => listIndent + wrap(text, textColumns - listIndent.length, listIndent),
      );
      return [String(experiment.id).padEnd(listIndent.length) + experiment.title, ...lines].join('\n');
    })
    .join('\n\n');
}

/** The experiments as records, for --list --json. */
export function listRecords(): Readonly<Record<string, unknown>>[] {
  return experiments.map(({ id, title, asks, variants }) => ({
    event: 'experiment',
    experiment: id,
    name: experimentName(id),
    title,
    asks,
    variants,
  }));
}
