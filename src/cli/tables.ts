/** The tables of experiments in plain text. */
import { decimal, percent } from '../experiments/format.js';
import { analyse } from '../experiments/analysis.js';
import { over, type Measure } from '../experiments/measures.js';
import {
  describeSettings,
  experimentName,
  experiments,
  planExperiment,
  type Outcome,
  type PlannedExperiment,
  type Variant,
  type VariantOutcome,
} from '../experiments/index.js';
import { publishedFor } from '../experiments/published.js';
import { settings, settingText } from '../train/settings.js';
import type { Sample } from '../base/statistics.js';
import { alignedTable, tableColumns, textColumns, wrap } from '../base/text.js';

const none = '-';

/** Variants of a sweep that a terminal shows: the best. */
const mostRows = 20;

interface Style {
  readonly headings: readonly string[];
  readonly count: (sample: Sample) => string;
  readonly accuracy: (sample: Sample) => string;
  readonly loss: (sample: Sample) => string;
}

const oneRun: Style = {
  headings: ['epochs', 'train acc', 'val loss', 'val acc', 'test loss', 'test acc'],
  count: ({ mean }) => String(mean),
  accuracy: ({ mean }) => percent(mean),
  loss: ({ mean }) => decimal(mean),
};

/** Narrow, so that six figures with their spread fit on a terminal; summary.json has all the digits. */
const severalRuns: Style = {
  headings: ['epochs', 'train %', 'val loss', 'val %', 'test loss', 'test %'],
  count: ({ mean }) => mean.toFixed(1),
  accuracy: ({ mean, sd }) => `${(100 * mean).toFixed(1)}${sd === null ? '' : `±${(100 * sd).toFixed(1)}`}`,
  loss: ({ mean, sd }) => `${shortLoss(mean)}${sd === null ? '' : `±${shortLoss(sd)}`}`,
};

/** Three decimals, or two significant digits where those would say too little or too much. */
function shortLoss(value: number): string {
  const size = Math.abs(value);
  return size !== 0 && (size < 1e-3 || size >= 1e3) ? value.toExponential(1) : value.toFixed(3);
}

/**
 * Every variant of an experiment with its figures over seeds, 80 columns wide; the runs beside them come
 * last, in brackets. The first column has the value of the swept setting, which is its heading.
 */
export function resultTable(outcome: Outcome): string {
  const { plan, variants, comparisons, diverged } = outcome;
  const seeds = plan.seeds.length;
  const style = seeds > 1 ? severalRuns : oneRun;
  const row = (variant: VariantOutcome, name: string): string[] => [
    name,
    style.count(over(variant, 'epochs')),
    style.accuracy(over(variant, 'lastTrainAccuracy')),
    ...(variant.config.validation === 0
      ? [none, none]
      : [
          style.loss(over(variant, 'bestValidationLoss')),
          style.accuracy(over(variant, 'bestValidationAccuracy')),
        ]),
    style.loss(over(variant, 'testLoss')),
    style.accuracy(over(variant, 'testAccuracy')),
  ];
  const isSweep = plan.experiment.id === 'sweep';
  const shown = isSweep ? analyse(outcome).ranking.slice(0, mostRows) : variants;
  const { heading, nameOf } = isSweep ? sweptColumn(plan, shown) : variantColumn([...shown, ...comparisons]);
  const table = alignedTable(
    [
      [heading, ...style.headings],
      ...shown.map((variant) => row(variant, nameOf(variant))),
      ...comparisons.map((variant) => row(variant, `(${nameOf(variant)})`)),
    ],
    { columns: tableColumns },
  );
  const notes = [
    seeds > 1 ? `mean ± standard deviation over ${seeds} seeds` : `one run each, seed ${plan.seeds[0]!}`,
    ...(variants.some(({ config }) => config.validation > 0) ? ['val: the best epoch'] : []),
    variants.some(({ config }) => config.patience === null)
      ? 'test: the weights of the last epoch (no early stopping)'
      : 'test: its weights',
    ...(shown.length < variants.length ? [`${variants.length - shown.length} more in the report`] : []),
    ...(comparisons.length > 0 ? ['in brackets: for comparison only'] : []),
    ...(diverged.length > 0 ? ['trainings that diverged are left out'] : []),
  ];
  return `${table}\n${wrap(notes.join('; '), tableColumns)}`;
}

/** The first column: names without the setting that all of them vary, which is the heading. */
function variantColumn(variants: readonly Variant[]): NameColumn {
  const swept = variants.map(({ name }) => /^([^=]+)=/.exec(name)?.[1]);
  const heading = new Set(swept).size === 1 ? swept[0] : undefined;
  return {
    heading: heading ?? 'variant',
    nameOf: ({ name }) => (heading === undefined ? name : name.slice(heading.length + 1)),
  };
}

/** The first column of a sweep: a column within it for each swept setting. */
function sweptColumn({ experiment: { swept } }: PlannedExperiment, variants: readonly Variant[]): NameColumn {
  const cells = ({ config }: Variant): string[] => swept.map((key) => settingText(config, key));
  const headings = swept.map((key) => settings[key].name);
  const rows = [headings, ...variants.map(cells)];
  const widths = headings.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  const line = (row: readonly string[]): string =>
    row
      .map((cell, column) => cell.padEnd(widths[column]!))
      .join('  ')
      .trimEnd();
  return { heading: line(headings), nameOf: (variant) => line(cells(variant)) };
}

interface NameColumn {
  readonly heading: string;
  readonly nameOf: (variant: Variant) => string;
}

/** The series in one table, 80 columns wide, beside what was published; accuracies in per cent. */
export function seriesTable(outcomes: readonly Outcome[]): string {
  const figure = (value: number | null | undefined, write: (value: number) => string): string =>
    value == null ? none : write(value);
  const inPercent = (value: number): string => (100 * value).toFixed(1);
  const threeDecimals = (value: number): string => value.toFixed(3);
  const rows = outcomes.flatMap(({ plan, variants }) =>
    variants.map((variant) => {
      const { id } = plan.experiment;
      const published = publishedFor(id, variant.name);
      const mean = (measure: Measure): number => over(variant, measure).mean;
      const validated = variant.config.validation > 0;
      return [
        id === 'final' ? variant.name : `${experimentName(id)} ${variant.name}`,
        mean('epochs').toFixed(0),
        inPercent(mean('lastTrainAccuracy')),
        figure(validated ? mean('bestValidationAccuracy') : null, inPercent),
        figure(validated ? mean('lastValidationLoss') : null, threeDecimals),
        inPercent(mean('testAccuracy')),
        '|',
        figure(published?.epochs, String),
        figure(published?.trainAccuracy, inPercent),
        figure(published?.valAccuracy, inPercent),
        figure(published?.valLoss, threeDecimals),
        figure(published?.testAccuracy, inPercent),
      ];
    }),
  );
  const columns = ['ep.', 'train', 'val', 'loss', 'test'];
  return alignedTable([['', ...columns, '|', ...columns], ...rows], { gap: ' ', columns: tableColumns });
}

const listIndent = ' '.repeat(7);

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
