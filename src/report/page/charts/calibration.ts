/** Whether probabilities mean what they say, and how they are spread. */
import { percent } from '../../../experiments/format.js';
import type { Calibration } from '../calibration.js';
import { frame, numbers } from './frame.js';
import type { Chart } from './render.js';
import { shades } from './theme.js';

/** An axis from 0 to 1, in per cent. */
const share = (field: string, title: string | null): object =>
  numbers(field, {
    title,
    scale: { domain: [0, 1], nice: false },
    axis: { format: '.0%', tickCount: 5 },
  });

const place = { height: 230, left: 46, right: 20 };

/** Share of right answers over mean confidence, a point per bin; on the diagonal both are equal. */
export function reliabilityChart({ bins, expectedError }: Calibration): Chart {
  const data = { values: bins.filter(({ count }) => count > 0) };
  const diagonal = [0, 1].map((both) => ({ confidence: both, accuracy: both }));
  return {
    name: 'reliability',
    description:
      `Reliability diagram: share of right answers by confidence in ${bins.length} bins; ` +
      `expected calibration error ${percent(expectedError, 2)}.`,
    spec: {
      ...frame({ title: 'Right answers by confidence', ...place }),
      encoding: { x: share('confidence', 'confidence'), y: share('accuracy', null) },
      layer: [
        {
          data: { values: diagonal },
          mark: { type: 'line', stroke: shades.quiet.light, strokeWidth: 1, strokeDash: [3, 3] },
        },
        {
          data,
          mark: { type: 'rule', stroke: shades.bad.light, strokeWidth: 2, opacity: 0.6 },
          encoding: { y2: { field: 'confidence' } },
        },
        {
          data,
          mark: { type: 'point', shape: 'circle', filled: true, fill: shades.good.light, opacity: 0.85 },
          encoding: { size: numbers('count', { scale: { range: [24, 220], zero: true } }) },
        },
      ],
    },
  };
}

/** How many answers fall into each bin of confidence. */
export function confidenceChart({ bins }: Calibration): Chart {
  const labelled = bins
    .filter(({ count }) => count > 0)
    .map(({ from, to, count }) => ({ centre: (from + to) / 2, count }));
  return {
    name: 'confidence',
    description: `Images by confidence: ${bins.map(({ to, count }) => `up to ${percent(to, 0)} ${count}`).join(', ')}.`,
    spec: {
      ...frame({ title: 'Test images by confidence', ...place }),
      encoding: { y: numbers('count', { title: null, axis: { tickCount: 5, format: 'd' } }) },
      layer: [
        {
          data: { values: bins },
          mark: { type: 'bar', orient: 'vertical', fill: shades.good.light, opacity: 0.75, binSpacing: 1 },
          encoding: { x: { bin: 'binned', ...share('from', 'confidence') }, x2: { field: 'to' } },
        },
        {
          data: { values: labelled },
          mark: { type: 'text', dy: -7, fontSize: 9.5 },
          encoding: { x: share('centre', 'confidence'), text: numbers('count', { format: 'd' }) },
        },
      ],
    },
  };
}
