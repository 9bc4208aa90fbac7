/** Where the time of a training step goes, from a profile. */
import { percent } from '../../../experiments/format.js';
import type { ProfileRecord } from '../../../profile/profile-record.js';
import { frame, labelWidth, names, numbers } from './frame.js';
import type { Chart } from './render.js';
import { shades } from './theme.js';

const mostRows = 12;

/** @param number tells the groups of a run apart in file names, counted from 1 */
export function kernelChart(profile: ProfileRecord, number: number): Chart {
  const rows = profile.kernels.slice(0, mostRows).map(({ name, share, meanUs }) => ({
    name,
    share,
    written: `${percent(share)} · ${Math.round(meanUs)} µs`,
  }));
  const written = rows.map((row) => row.written);
  const text = { type: 'text', align: 'left' };
  return {
    name: `kernels-${number}`,
    description: `Share of a step's time by kernel: ${rows.map((row) => `${row.name} ${row.written}`).join(', ')}.`,
    spec: {
      ...frame({
        title: "Share of a step's time, and mean time per dispatch",
        height: rows.length * 34,
        left: 8,
        right: 14 + labelWidth(written),
        bottom: 6,
      }),
      data: { values: rows },
      encoding: { y: names('name', { sort: null, title: null, axis: null }) },
      layer: [
        {
          mark: { type: 'bar', fill: shades.good.light, opacity: 0.75, height: 9, yOffset: 9 },
          encoding: { x: numbers('share', { title: null, axis: null, scale: { nice: false } }) },
        },
        // Names of kernels are too long for the side of a narrow chart: they stand above their bars.
        { mark: { ...text, dy: -6 }, encoding: { x: { value: 0 }, text: names('name') } },
        {
          mark: { ...text, dy: 9, dx: 6, fill: shades.quiet.light },
          encoding: { x: numbers('share'), text: names('written') },
        },
      ],
    },
  };
}
