/** What --help and --list print. */
import { experiments, experimentName } from '../experiments/index.js';
import { settingNames, settingValue } from '../experiments/names.js';
import type { Setting, Variant } from '../experiments/types.js';
import type { OptionSpec } from './arguments.js';

/** Exit codes, in the order of their numbers. */
const exitCodeRows = [
  ['0', 'done'],
  ['1', 'a bug'],
  ['2', 'wrong usage; nothing was touched'],
  ['4', 'diverged: a loss or a weight was not finite'],
  ['65', 'a damaged file'],
  ['66', 'no data'],
  ['69', 'no WebGPU adapter, or the device was lost'],
  ['130', 'Ctrl-C'],
] as const;

/** Usage, options with their values, and exit codes. */
export function helpText(usage: string, options: readonly OptionSpec[]): string {
  const rows = options.map(
    ({ flag, value, help }) => `  ${flag}${value === null ? '' : ` ${value}`}\n      ${help}`,
  );
  const codes = exitCodeRows.map(([code, meaning]) => `  ${code.padStart(3)}  ${meaning}`);
  return [`usage: ${usage}`, '', 'options', ...rows, '', 'exit codes', ...codes].join('\n');
}

/** Every experiment with its variants. */
export function listText(): string {
  return experiments
    .map(({ id, title, asks, variants }) => {
      const names = variants.map((variant) => variant.name).join('  ');
      return `${String(id).padEnd(5)}  ${title}\n       ${asks}\n       ${names}\n       ${describeSettings(variants)}`;
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

const told: readonly Setting[] = [
  'hidden',
  'dropout',
  'weightDecay',
  'decay',
  'learningRate',
  'batchSize',
  'epochs',
  'patience',
];

/** One line with every setting of some variants; those that differ between them are told with all their values. */
export function describeSettings(variants: readonly Variant[]): string {
  return told
    .map((setting) => {
      const values = [...new Set(variants.map(({ config }) => settingValue(config, setting)))];
      return `${settingNames[setting]} ${values.join(' | ')}`;
    })
    .join(', ');
}
