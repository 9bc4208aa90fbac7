/** Measured figures beside those that the series published. */
import { percent } from '../../../experiments/format.js';
import { frame, labelWidth, shortened } from './frame.js';
import type { Chart } from './render.js';
import { shades } from './theme.js';

export interface BesidePublished {
  readonly label: string;
  readonly measured: { readonly mean: number; readonly sd: number | null } | null;
  readonly published: number | null;
}

const rowHeight = 24;
const mostLetters = 24;

/** A row per variant: measured mean ± one standard deviation as a dot with a bar, published as a diamond. */
export function publishedChart(name: string, title: string, rows: readonly BesidePublished[]): Chart {
  const shown = rows
    .filter(({ measured, published }) => measured !== null || published !== null)
    .map((row) => ({ ...row, label: shortened(row.label, mostLetters) }));
  const measured = shown.flatMap(({ label, measured }) => {
    if (measured === null) return [];
    const { mean, sd } = measured;
    return [{ label, mean, low: mean - (sd ?? 0), high: mean + (sd ?? 0) }];
  });
  const published = shown.flatMap(({ label, published }) =>
    published === null ? [] : [{ label, published }],
  );
  const y = {
    field: 'label',
    type: 'nominal',
    title: null,
    sort: shown.map(({ label }) => label),
    scale: { domain: shown.map(({ label }) => label) },
    axis: { labelColor: shades.ink.light, labelLimit: 200, grid: true },
  };
  const x = {
    type: 'quantitative',
    title: null,
    scale: { zero: false, padding: 10 },
    axis: { format: '.0%', tickCount: 4, domain: false, ticks: false },
  };
  const written = shown.map(
    ({ label, measured, published }) =>
      `${label} ${measured === null ? 'not measured' : percent(measured.mean)}, published ${published === null ? 'nothing' : percent(published)}`,
  );
  return {
    name,
    description: `${title}: ${written.join('; ')}.`,
    spec: {
      ...frame({
        title,
        height: shown.length * rowHeight,
        left: 14 + labelWidth(shown.map(({ label }) => label)),
        bottom: 24,
      }),
      layer: [
        {
          data: { values: measured },
          mark: { type: 'rule', strokeWidth: 8, opacity: 0.25, stroke: shades.good.light },
          encoding: { y, x: { field: 'low', ...x }, x2: { field: 'high' } },
        },
        {
          data: { values: published },
          mark: { type: 'point', shape: 'diamond', size: 60, strokeWidth: 1.6, stroke: shades.bad.light },
          encoding: { y, x: { field: 'published', ...x } },
        },
        {
          data: { values: measured },
          mark: {
            type: 'point',
            shape: 'circle',
            filled: true,
            fill: shades.good.light,
            size: 46,
            opacity: 1,
          },
          encoding: { y, x: { field: 'mean', ...x } },
        },
      ],
    },
  };
}
