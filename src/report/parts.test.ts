/** The parts that pages are made of: escaping, curves over seeds, labels that move apart, pictures. */
import { describe, expect, it } from 'vitest';
import { meanCurve, stopPoints, tailCurves, bestPoints } from './page/charts/curve-data.js';
import { spreadLabels } from './page/charts/labels.js';
import { html } from './page/html.js';
import { weightSheet } from './page/pictures.js';
import { commandLine } from './page/sections/record.js';
import { fileName, shownVariants } from './page/variants.js';
import { inventedSummary } from './testing/invented-runs.js';

describe('html', () => {
  it('escapes what it takes in, once', () => {
    const inner = html`<b>${'<&"\'>'}</b>`;
    expect(html`<p title="${'"'}">${inner}${[inner]}${3}${null}</p>`.markup).toBe(
      `<p title="&#34;"><b>&#60;&#38;&#34;&#39;&#62;</b><b>&#60;&#38;&#34;&#39;&#62;</b>3</p>`,
    );
  });
});

describe('curves over seeds', () => {
  const { runs } = inventedSummary(1, 3).variants[0]!;

  it('have a mean as far as all seeds went, and go on alone from there', () => {
    expect(runs.map(({ epochs }) => epochs)).toEqual([18, 19, 20]);
    const mean = meanCurve(runs, 'valLoss');
    expect(mean).toHaveLength(18);
    const at5 = runs.map(({ history }) => history.valLoss![4]!);
    expect(mean[4]!.mean).toBeCloseTo((at5[0]! + at5[1]! + at5[2]!) / 3, 12);
    expect(mean[4]!.high - mean[4]!.mean).toBeCloseTo(0.013, 12);
    const tails = tailCurves(runs, 'valLoss');
    expect(tails.map(({ seed, epoch }) => [seed, epoch])).toEqual([
      [1, 18],
      [1, 19],
      [2, 18],
      [2, 19],
      [2, 20],
    ]);
  });

  it('are marked at the best epoch of each seed, and where it stopped early', () => {
    expect(bestPoints(runs, 'valLoss').map(({ epoch }) => epoch)).toEqual(
      runs.map(({ best }) => best!.epoch),
    );
    expect(stopPoints(runs, 'valLoss').map(({ epoch }) => epoch)).toEqual([18, 19, 20]);
  });

  it('have no spread with one seed, and no validation in experiment 0', () => {
    const [variant] = inventedSummary(0, 1).variants;
    expect(meanCurve(variant!.runs, 'valLoss')).toEqual([]);
    const [first] = meanCurve(variant!.runs, 'trainLoss');
    expect(first).toEqual({ epoch: 1, mean: 0.05, low: 0.05, high: 0.05 });
  });
});

describe('labels', () => {
  const scale = { kind: 'linear', low: 0, high: 1, height: 100 } as const;
  const labelled = (values: readonly number[]) => values.map((value) => ({ text: '', colour: '', value }));

  it('stay where they are if they have room', () => {
    expect(spreadLabels(labelled([0.9, 0.1]), scale).map(({ value }) => value)).toEqual([0.9, 0.1]);
  });

  it.each([[[0.5, 0.5, 0.5]], [[0, 0, 0.01]], [[1, 1, 0.99, 0.98]]])(
    'move apart by a line, inside the plot and in their order: %j',
    (values) => {
      const moved = spreadLabels(labelled(values), scale).map(({ value }) => value);
      const sorted = moved.toSorted((a, b) => a - b);
      for (let i = 1; i < sorted.length; i++) expect(sorted[i]! - sorted[i - 1]!).toBeGreaterThan(0.1399);
      expect(sorted.at(-1)).toBeLessThanOrEqual(1);
      expect(sorted[0]).toBeGreaterThanOrEqual(0);
    },
  );

  it('move on logarithmic axes, too', () => {
    const log = { kind: 'log', low: 0.1, high: 10, height: 100 } as const;
    const [a, b] = spreadLabels(labelled([1, 1]), log).map(({ value }) => value);
    expect(a).toBeCloseTo(1, 12);
    expect(Math.log10(b! / a!)).toBeCloseTo(0.28, 12);
  });
});

describe('names of variants', () => {
  it('are short where all have the setting in common, and bracketed where they are beside the sweep', () => {
    const shown = shownVariants(inventedSummary(4, 1));
    expect(shown.map(({ label }) => label)).toEqual(['0.0001', '0.0005', '0.001', '(0)', '(0.001,decay=l2)']);
    expect(shown.at(-1)!.name).toBe('(weight-decay=0.001,decay=l2)');
  });

  it('become names of files', () => {
    expect(fileName('weight-decay=0.001,decay=l2')).toBe('weight-decay-0.001-decay-l2');
  });
});

it('a command is written as a shell takes it', () => {
  expect(commandLine(['--data', "it's here", '--lr', '1e-3', ''])).toBe(
    String.raw`node scripts/train.js --data 'it'\''s here' --lr 1e-3 ''`,
  );
});

describe('the sheet of weights', () => {
  it('shows the largest unit first, red for positive and blue for negative', () => {
    // Two inputs, three units: unit 1 is the largest, unit 0 is zero.
    const weights = Float32Array.of(0, 2, 1, 0, -2, 1);
    const { raster, shown, limit } = weightSheet(weights, 3, 1, 2);
    expect([raster.width, raster.height, shown, limit]).toEqual([10, 3, 3, 2]);
    const at = (x: number): number[] => [
      ...raster.pixels.subarray(3 * (raster.width + x), 3 * (raster.width + x) + 3),
    ];
    expect(at(1)).toEqual([178, 24, 43]);
    expect(at(2)).toEqual([33, 102, 172]);
    expect(at(3)).toEqual([140, 140, 140]);
    expect(at(4)[0]).toBeGreaterThan(at(4)[1]!);
    expect(at(7)).toEqual([247, 247, 247]);
  });
});
