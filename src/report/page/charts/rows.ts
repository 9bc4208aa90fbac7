/** Charts with a row per name: a bar for a range, dots for figures, and words to the right. */
import { percent } from '../../../experiments/format.js';
import { sample } from '../../../base/statistics.js';
import type { OneRun } from '../types.js';
import type { ShownVariant } from '../variants.js';
import { drawnSeeds } from './curve-data.js';
import { frame, labelWidth, names, numbers, shortened } from './frame.js';
import type { Chart } from './render.js';
import { shades, variantColour } from './theme.js';

export interface RowChart extends Pick<Chart, 'name' | 'description'> {
  readonly title: string;
  /** Names of the rows, from the top; every value of a layer has one of them as its `label`. */
  readonly labels: readonly string[];
  readonly rowHeight: number;
  /** What stands to the right of the rows. */
  readonly written?: readonly string[];
  /** The axis of the figures, as Vega-Lite takes them. */
  readonly scale: object;
  readonly axis: object;
  /** Lines across the plot at every name. */
  readonly grid?: boolean;
  readonly layers: readonly RowLayer[];
}

/** One kind of mark. */
export interface RowLayer {
  readonly values: readonly { readonly label: string }[];
  readonly mark: object;
  /** The field that places it on the axis of figures; null: to the right of all. */
  readonly field: string | null;
  /** Other encodings. */
  readonly encoding?: object;
}

export function rowChart({ name, description, title, labels, layers, ...layout }: RowChart): Chart {
  const { rowHeight, written, scale, axis, grid = false } = layout;
  const figure = { title: null, scale, axis: { ...axis, domain: false, ticks: false } };
  const y = names('label', {
    title: null,
    sort: labels,
    scale: { domain: labels },
    axis: { labelColor: shades.ink.light, labelLimit: 200, grid },
  });
  return {
    name,
    description,
    spec: {
      ...frame({
        title,
        height: labels.length * rowHeight,
        left: 14 + labelWidth(labels),
        ...(written !== undefined && { right: 14 + labelWidth(written) }),
        bottom: 24,
      }),
      layer: layers.map(({ values, mark, field, encoding }) => ({
        data: { values },
        mark,
        encoding: { y, x: field === null ? { value: 'width' } : numbers(field, figure), ...encoding },
      })),
    },
  };
}

/** Bars from `low` to `high`. */
export function rangeBars(values: RowLayer['values'], mark: object, encoding: object = {}): RowLayer {
  return {
    values,
    field: 'low',
    mark: { type: 'rule', ...mark },
    encoding: { x2: { field: 'high' }, ...encoding },
  };
}

export function dots(
  values: RowLayer['values'],
  field: string,
  mark: object,
  encoding: object = {},
): RowLayer {
  return { values, field, mark: { type: 'point', shape: 'circle', filled: true, ...mark }, encoding };
}

/** The `written` of each row, to its right. */
export function writtenBeside(
  values: RowLayer['values'],
  mark: object = {},
  encoding: object = {},
): RowLayer {
  return {
    values,
    field: null,
    mark: { type: 'text', align: 'left', dx: 7, ...mark },
    encoding: { text: names('written'), ...encoding },
  };
}

/** One figure per run. */
export interface SpreadFigure {
  readonly name: string;
  readonly title: string;
  readonly of: (run: OneRun) => number | null;
  /** How the mean is written beside the dots, and numbers on the axis (a d3 format). */
  readonly write: (value: number) => string;
  readonly axisFormat: string;
}

/** Mean less and plus one standard deviation; the mean itself where there is one seed. */
function around({ mean, sd }: { readonly mean: number; readonly sd: number | null }) {
  return { mean, low: mean - (sd ?? 0), high: mean + (sd ?? 0) };
}

/**
 * A row per variant: a dot per seed, and the mean ± one standard deviation as a bar with a tick, so that a
 * difference between variants can be seen beside the spread over their seeds.
 */
export function spreadChart(variants: readonly ShownVariant[], figure: SpreadFigure): Chart {
  const rows = variants.map(({ label, record, index }) => {
    const values = record.runs.map(figure.of).filter((value) => value !== null);
    const over = around(sample(values));
    const written = figure.write(over.mean);
    const drawn = drawnSeeds(record.runs)
      .map(figure.of)
      .filter((value) => value !== null);
    return { label: shortened(label, 22), colour: variantColour(index), values: drawn, ...over, written };
  });
  const seeds = rows.flatMap(({ values, ...row }) => values.map((value) => ({ ...row, value })));
  const colour = names('colour', { scale: null });
  return rowChart({
    name: figure.name,
    description: `${figure.title}, mean over seeds: ${rows.map(({ label, written }) => `${label} ${written}`).join(', ')}.`,
    title: figure.title,
    labels: rows.map(({ label }) => label),
    rowHeight: 30,
    written: rows.map(({ written }) => written),
    scale: { zero: false, padding: 8 },
    axis: { format: figure.axisFormat, tickCount: 4, grid: true },
    layers: [
      rangeBars(rows, { strokeWidth: 9, opacity: 0.22 }, { stroke: colour }),
      dots(seeds, 'value', { size: 36, opacity: 0.75 }, { fill: colour }),
      {
        values: rows,
        field: 'mean',
        mark: { type: 'tick', thickness: 2.5, size: 16 },
        encoding: { fill: colour },
      },
      writtenBeside(rows, { fontWeight: 600 }, { fill: colour }),
    ],
  });
}

/** A measured figure beside the one that the series published. */
export interface BesidePublished {
  readonly label: string;
  readonly measured: { readonly mean: number; readonly sd: number | null } | null;
  readonly published: number | null;
}

/** A row per variant: measured mean ± one standard deviation as a dot with a bar, published as a diamond. */
export function publishedChart(name: string, title: string, rows: readonly BesidePublished[]): Chart {
  const shown = rows
    .filter(({ measured, published }) => measured !== null || published !== null)
    .map((row) => ({ ...row, label: shortened(row.label, 24) }));
  const measured = shown.flatMap((row) =>
    row.measured === null ? [] : [{ label: row.label, ...around(row.measured) }],
  );
  const written = shown.map(
    (row) =>
      `${row.label} ${row.measured === null ? 'not measured' : percent(row.measured.mean)}, ` +
      `published ${row.published === null ? 'nothing' : percent(row.published)}`,
  );
  return rowChart({
    name,
    description: `${title}: ${written.join('; ')}.`,
    title,
    labels: shown.map(({ label }) => label),
    rowHeight: 24,
    scale: { zero: false, padding: 10 },
    axis: { format: '.0%', tickCount: 4 },
    grid: true,
    layers: [
      rangeBars(measured, { strokeWidth: 8, opacity: 0.25, stroke: shades.good.light }),
      {
        values: shown.filter(({ published }) => published !== null),
        field: 'published',
        mark: { type: 'point', shape: 'diamond', size: 60, strokeWidth: 1.6, stroke: shades.bad.light },
      },
      dots(measured, 'mean', { fill: shades.good.light, size: 46, opacity: 1 }),
    ],
  });
}
