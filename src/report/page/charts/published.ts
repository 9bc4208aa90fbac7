/** Measured figures beside those that the series published. */
import { percent } from '../../../experiments/format.js';
import { shortened } from './frame.js';
import type { Chart } from './render.js';
import { dots, rangeBars, rowChart } from './rows.js';
import { shades } from './theme.js';

export interface BesidePublished {
  readonly label: string;
  readonly measured: { readonly mean: number; readonly sd: number | null } | null;
  readonly published: number | null;
}

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
  const written = shown.map(
    ({ label, measured, published }) =>
      `${label} ${measured === null ? 'not measured' : percent(measured.mean)}, ` +
      `published ${published === null ? 'nothing' : percent(published)}`,
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
