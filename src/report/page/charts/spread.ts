/** One figure per run, so that a difference between variants can be seen beside the spread over their seeds. */
import { sample } from '../../../base/statistics.js';
import type { OneRun } from '../types.js';
import type { ShownVariant } from '../variants.js';
import { frame, labelWidth, shortened } from './frame.js';
import type { Chart } from './render.js';
import { shades, variantColour } from './theme.js';

export interface SpreadFigure {
  readonly name: string;
  readonly title: string;
  readonly of: (run: OneRun) => number | null;
  /** How the mean is written beside the dots, and numbers on the axis (a d3 format). */
  readonly write: (value: number) => string;
  readonly axisFormat: string;
}

const rowHeight = 30;
const mostLetters = 22;

/** A row per variant: a dot per seed, and the mean ± one standard deviation as a bar with a tick. */
export function spreadChart(variants: readonly ShownVariant[], figure: SpreadFigure): Chart {
  const rows = variants.map(({ label, record, index }) => {
    const values = record.runs.map(figure.of).filter((value) => value !== null);
    const { mean, sd } = sample(values);
    return { label: shortened(label, mostLetters), colour: variantColour(index), values, mean, sd };
  });
  const dots = rows.flatMap(({ label, colour, values }) => values.map((value) => ({ label, colour, value })));
  const means = rows.map(({ label, colour, mean, sd }) => ({
    label,
    colour,
    mean,
    low: mean - (sd ?? 0),
    high: mean + (sd ?? 0),
    written: figure.write(mean),
  }));
  const y = {
    field: 'label',
    type: 'nominal',
    title: null,
    sort: null,
    axis: { labelColor: shades.ink.light, labelLimit: 150 },
  };
  const x = {
    type: 'quantitative',
    title: null,
    scale: { zero: false, padding: 8 },
    axis: { format: figure.axisFormat, tickCount: 4, grid: true, domain: false, ticks: false },
  };
  const colour = { field: 'colour', type: 'nominal', scale: null };
  return {
    name: figure.name,
    description: `${figure.title}, mean over seeds: ${means.map(({ label, written }) => `${label} ${written}`).join(', ')}.`,
    spec: {
      ...frame({
        title: figure.title,
        height: rows.length * rowHeight,
        left: 14 + labelWidth(rows.map(({ label }) => label)),
        right: 14 + labelWidth(means.map(({ written }) => written)),
        bottom: 24,
      }),
      layer: [
        {
          data: { values: means },
          mark: { type: 'rule', strokeWidth: 9, opacity: 0.22 },
          encoding: { y, x: { field: 'low', ...x }, x2: { field: 'high' }, stroke: colour },
        },
        {
          data: { values: dots },
          mark: { type: 'point', shape: 'circle', filled: true, size: 36, opacity: 0.75 },
          encoding: { y, x: { field: 'value', ...x }, fill: colour },
        },
        {
          data: { values: means },
          mark: { type: 'tick', thickness: 2.5, size: 16 },
          encoding: { y, x: { field: 'mean', ...x }, fill: colour },
        },
        {
          data: { values: means },
          mark: { type: 'text', align: 'left', dx: 7, fontWeight: 600 },
          encoding: {
            y,
            x: { value: 'width' },
            text: { field: 'written', type: 'nominal' },
            fill: colour,
          },
        },
      ],
    },
  };
}
