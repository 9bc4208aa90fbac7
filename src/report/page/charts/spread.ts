/**
 * One figure per run, so that a difference between variants can be seen beside the spread over their seeds.
 */
import { sample } from '../../../base/statistics.js';
import type { OneRun } from '../types.js';
import type { ShownVariant } from '../variants.js';
import { shortened } from './frame.js';
import type { Chart } from './render.js';
import { dots, rangeBars, rowChart, writtenBeside } from './rows.js';
import { variantColour } from './theme.js';

export interface SpreadFigure {
  readonly name: string;
  readonly title: string;
  readonly of: (run: OneRun) => number | null;
  /** How the mean is written beside the dots, and numbers on the axis (a d3 format). */
  readonly write: (value: number) => string;
  readonly axisFormat: string;
}

const mostLetters = 22;

/** A row per variant: a dot per seed, and the mean ± one standard deviation as a bar with a tick. */
export function spreadChart(variants: readonly ShownVariant[], figure: SpreadFigure): Chart {
  const rows = variants.map(({ label, record, index }) => {
    const values = record.runs.map(figure.of).filter((value) => value !== null);
    const { mean, sd } = sample(values);
    const [low, high] = [mean - (sd ?? 0), mean + (sd ?? 0)];
    const written = figure.write(mean);
    return {
      label: shortened(label, mostLetters),
      colour: variantColour(index),
      values,
      mean,
      low,
      high,
      written,
    };
  });
  const seeds = rows.flatMap(({ label, colour, values }) =>
    values.map((value) => ({ label, colour, value })),
  );
  const colour = { field: 'colour', type: 'nominal', scale: null };
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
