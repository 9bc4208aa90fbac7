/**
 * Pages in headless Chromium: nothing complains, charts have marks inside their frames, figures are those of
 * the summary.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { answersOf, calibrate } from './page/calibration.js';
import { reportPage } from './page/report-page.js';
import { seriesPage } from './page/series-page.js';
import type { ReportPage } from './page/types.js';
import { findChromium, openTab, startChromium, type Browser, type View } from '../testing/chromium.js';
import { lowestContrast } from '../testing/contrast.js';
import { inventedReport, inventedSummary } from './testing/invented-runs.js';

const path = findChromium();

/** The last one: A4 less Chromium's margins, at 96 pixels per inch. */
const views: readonly (readonly [string, View])[] = [
  ['on a phone', { width: 375, height: 740 }],
  ['on a dark phone', { width: 375, height: 740, dark: true }],
  ['on a desk', { width: 1280, height: 900 }],
  ['on a dark desk', { width: 1280, height: 900, dark: true }],
  ['on paper, asked for from a dark screen', { width: 718, height: 1047, dark: true, print: true }],
];

/** Per chart: how many marks it has, and texts that stick out of it (by more than rounding). */
const inspectCharts = `[...document.querySelectorAll('svg.chart')].map((svg) => {
  const frame = svg.getBoundingClientRect();
  const marks = [...svg.querySelectorAll('.role-mark path, .role-mark text, .role-mark line, .role-mark rect')];
  const visible = marks.filter((mark) => {
    const { width, height } = mark.getBoundingClientRect();
    return width + height > 0 && mark.textContent !== undefined;
  });
  const outside = [...svg.querySelectorAll('text')].filter((text) => {
    const box = text.getBoundingClientRect();
    return box.width > 0 && (box.left < frame.left - 1.5 || box.right > frame.right + 1.5 ||
      box.top < frame.top - 1.5 || box.bottom > frame.bottom + 1.5);
  });
  return {
    title: svg.querySelector('title').textContent,
    marks: visible.length,
    outside: outside.map((text) => text.textContent),
  };
})`;

describe.skipIf(path === null)('in a browser', () => {
  const folder = mkdtempSync(join(tmpdir(), 'pages-'));
  let browser: Browser;

  beforeAll(async () => {
    browser = await startChromium(path!);
  });

  afterAll(async () => {
    await browser.close();
    rmSync(folder, { recursive: true, force: true });
  });

  function write(name: string, { html, charts }: ReportPage): string {
    mkdirSync(join(folder, name));
    for (const [file, svg] of charts) writeFileSync(join(folder, name, file), svg);
    writeFileSync(join(folder, name, 'report.html'), html);
    return pathToFileURL(join(folder, name, 'report.html')).href;
  }

  const summary = inventedSummary(4, 3);
  const report = inventedReport(summary);
  const series = ([0, 1, 2, 3, 4, 5, 6, 'final'] as const).map((id) =>
    inventedReport(inventedSummary(id, 2)),
  );
  const pages: readonly (readonly [string, () => Promise<ReportPage>])[] = [
    ['a run', () => reportPage(report)],
    ['a run of one seed without validation', () => reportPage(inventedReport(inventedSummary(0, 1)))],
    [
      'a run of one epoch and one seed',
      () => reportPage(inventedReport(inventedSummary(6, 1, { epochs: 1 }))),
    ],
    ['the series', () => seriesPage(series)],
  ];

  test.each(pages)('the page of %s is drawn whole in every view', async (name, make) => {
    const made = await make();
    const url = write(name, made);
    for (const [where, view] of views) {
      const tab = await openTab(browser, url, view);
      expect(tab.complaints, where).toEqual([]);
      const charts = (await tab.page.evaluate(inspectCharts)) as { marks: number; outside: string[] }[];
      expect(charts, where).toHaveLength(made.charts.size);
      for (const chart of charts) {
        expect(chart.marks, `${where}: ${JSON.stringify(chart)}`).toBeGreaterThan(1);
        expect(chart.outside, `${where}: ${JSON.stringify(chart)}`).toEqual([]);
      }
      expect(await tab.page.evaluate('document.documentElement.scrollWidth'), where).toBeLessThanOrEqual(
        view.width,
      );
      const pictures =
        '[...document.images].every(({ complete, naturalWidth }) => complete && naturalWidth > 0)';
      expect(await tab.page.evaluate(pictures), where).toBe(true);
      const lowest = (await tab.page.evaluate(lowestContrast)) as { contrast: number };
      expect(lowest.contrast, `${where}: ${JSON.stringify(lowest)}`).toBeGreaterThan(4.5);
      await tab.page.close();
    }
  });

  test('the figures on the page are those of the summary', async () => {
    const tab = await openTab(browser, write('figures', await reportPage(report)), views[2]![1]);
    const cells = `[...document.querySelectorAll('#results tbody tr')].map((row) => [...row.cells].map((cell) => cell.textContent.trim().replace(/\\s+/g, ' ')))`;
    const percent = (value: number): string => (100 * value).toFixed(1);
    const expected = [...summary.variants, ...summary.comparisons].map(({ overSeeds: over }) => [
      `${percent(over.trainAccuracy!.mean)} ± ${percent(over.trainAccuracy!.sd!)} %`,
      `${over.bestValLoss!.mean.toFixed(4)} ± ${over.bestValLoss!.sd!.toFixed(4)}`,
      `${percent(over.bestValAccuracy!.mean)} ± ${percent(over.bestValAccuracy!.sd!)} %`,
      `${over.testLoss!.mean.toFixed(4)} ± ${over.testLoss!.sd!.toFixed(4)}`,
      `${percent(over.testAccuracy!.mean)} ± ${percent(over.testAccuracy!.sd!)} %`,
    ]);
    expect(((await tab.page.evaluate(cells)) as string[][]).map((row) => row.slice(2))).toEqual(expected);

    const matrix = `[...document.querySelectorAll('#confusion .mark-text.role-mark text')].map((text) => Number(text.textContent))`;
    const counts = summary.selected.confusion.flat().filter((count) => count > 0);
    expect(await tab.page.evaluate(matrix)).toEqual(counts);

    const perClass = `[...document.querySelectorAll('#class-accuracy .mark-text.role-mark text')].map((text) => text.textContent)`;
    expect(await tab.page.evaluate(perClass)).toEqual(
      summary.selected.perClassAccuracy.map((accuracy) => `${percent(accuracy!)} %`),
    );

    const { labels, probabilities } = report.test!;
    const { expectedError } = calibrate(answersOf(labels, probabilities, 10));
    expect(await tab.page.evaluate(`document.querySelector('#calibration strong').textContent`)).toBe(
      `${(100 * expectedError).toFixed(2)} %`,
    );

    const right = labels.filter((label, image) => {
      const row = probabilities.subarray(10 * image, 10 * image + 10);
      return row.indexOf(Math.max(...row)) === label;
    }).length;
    const mistakes = labels.length - right;
    expect(await tab.page.evaluate(`document.querySelectorAll('.mistakes figure').length`)).toBe(
      Math.min(40, mistakes),
    );
    await tab.page.close();
  });

  test('every chart is a picture of its own, too, light or dark', async () => {
    const { charts } = await reportPage(report);
    for (const file of ['validation-loss.svg', 'confusion.svg', 'reliability.svg']) {
      writeFileSync(join(folder, file), charts.get(file)!);
      const url = pathToFileURL(join(folder, file)).href;
      const inks: unknown[] = [];
      for (const dark of [false, true]) {
        const tab = await openTab(browser, url, { width: 600, height: 400, dark });
        expect(tab.complaints).toEqual([]);
        expect(await tab.page.evaluate('document.documentElement.nodeName')).toBe('svg');
        expect(await tab.page.evaluate(`document.querySelector('parsererror') === null`)).toBe(true);
        inks.push(
          await tab.page.evaluate(
            `getComputedStyle(document.querySelector('.role-axis-title text, .role-axis-label text')).fill`,
          ),
        );
        await tab.page.close();
      }
      expect(inks[0]).not.toBe(inks[1]);
    }
  });
});
