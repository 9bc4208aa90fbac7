/** Whether probabilities mean what they say, and how they are spread. */
import { percent } from '../../../experiments/format.js';
import type { Calibration } from '../calibration.js';
import { frame } from './frame.js';
import type { Chart } from './render.js';
import { shades } from './theme.js';

const fromZeroToOne = { domain: [0, 1], nice: false };

/** Share of right answers over mean confidence, a point per bin; on the diagonal both are equal. */
export function reliabilityChart({ bins, expectedError }: Calibration): Chart {
  const points = bins.filter(({ count }) => count > 0);
  const x = {
    type: 'quantitative',
    title: 'confidence',
    scale: fromZeroToOne,
    axis: { format: '.0%', tickCount: 5 },
  };
  const y = {
    type: 'quantitative',
    title: null,
    scale: fromZeroToOne,
    axis: { format: '.0%', tickCount: 5 },
  };
  return {
    name: 'reliability',
    description: `Reliability diagram: share of right answers by confidence in ${bins.length} bins; expected calibration error ${percent(expectedError, 2)}.`,
    spec: {
      ...frame({ title: 'Right answers by confidence', height: 230, left: 46, right: 20 }),
      layer: [
        {
          data: {
            values: [
              { confidence: 0, accuracy: 0 },
              { confidence: 1, accuracy: 1 },
            ],
          },
          mark: { type: 'line', stroke: shades.quiet.light, strokeWidth: 1, strokeDash: [3, 3] },
          encoding: { x: { field: 'confidence', ...x }, y: { field: 'accuracy', ...y } },
        },
        {
          data: { values: points },
          mark: { type: 'rule', stroke: shades.bad.light, strokeWidth: 2, opacity: 0.6 },
          encoding: {
            x: { field: 'confidence', ...x },
            y: { field: 'accuracy', ...y },
            y2: { field: 'confidence' },
          },
        },
        {
          data: { values: points },
          mark: { type: 'point', shape: 'circle', filled: true, fill: shades.good.light, opacity: 0.85 },
          encoding: {
            x: { field: 'confidence', ...x },
            y: { field: 'accuracy', ...y },
            size: { field: 'count', type: 'quantitative', scale: { range: [24, 220], zero: true } },
          },
        },
      ],
    },
  };
}

/** How many answers fall into each bin of confidence. */
export function confidenceChart({ bins }: Calibration): Chart {
  const x = {
    type: 'quantitative',
    title: 'confidence',
    scale: fromZeroToOne,
    axis: { format: '.0%', tickCount: 5 },
  };
  const y = { field: 'count', type: 'quantitative', title: null, axis: { tickCount: 5, format: 'd' } };
  const labelled = bins
    .filter(({ count }) => count > 0)
    .map(({ from, to, count }) => ({ centre: (from + to) / 2, count }));
  return {
    name: 'confidence',
    description: `Images by confidence: ${bins.map(({ to, count }) => `up to ${percent(to, 0)} ${count}`).join(', ')}.`,
    spec: {
      ...frame({ title: 'Test images by confidence', height: 230, left: 46, right: 20 }),
      layer: [
        {
          data: { values: bins },
          mark: { type: 'bar', orient: 'vertical', fill: shades.good.light, opacity: 0.75, binSpacing: 1 },
          encoding: { x: { field: 'from', bin: 'binned', ...x }, x2: { field: 'to' }, y },
        },
        {
          data: { values: labelled },
          mark: { type: 'text', dy: -7, fontSize: 9.5 },
          encoding: {
            x: { field: 'centre', ...x },
            y,
            text: { field: 'count', type: 'quantitative', format: 'd' },
          },
        },
      ],
    },
  };
}
