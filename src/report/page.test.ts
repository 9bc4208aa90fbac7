/** Pages as text: whole, self-contained, escaped, with every figure of the summary. */
import { describe, expect, it } from 'vitest';
import { publishedFigures } from '../experiments/published.js';
import { reportPage } from './page/report-page.js';
import { seriesPage } from './page/series-page.js';
import type { RunReport } from './page/types.js';
import { profileRecord } from '../profile/profile-record.js';
import { experimentOf, sweepDefinition } from '../experiments/definition.js';
import { concludeSweep } from '../experiments/lessons/sweep.js';
import { readAxes } from '../experiments/points.js';
import type { Summary } from '../experiments/summary.js';
import type { Experiment, ExperimentId } from '../experiments/types.js';
import { ceilings, inventedGroup } from '../profile/testing/invented.js';
import { inventedReport, inventedSummary } from './testing/invented-runs.js';

const all: readonly ExperimentId[] = [0, 1, 2, 3, 4, 5, 6, 'final'];

/** What no page may hold: parts from elsewhere, and figures that are none. */
function expectSound(html: string): void {
  expect(html).not.toMatch(/NaN|undefined|Infinity|\[object/);
  expect(html).not.toMatch(/<script|javascript:|<link(?! rel="icon" href="data:,")|@import/);
  expect(html.match(/(?:src|href)="(?!#|data:|[a-z0-9]+\/)[^"]*"/g)).toBeNull();
  expect(html.match(/url\((?!#)[^)]*\)/g)).toBeNull();
}

function sweepOf(written: string, sample: number | null = null): Experiment {
  const definition = sweepDefinition(readAxes(written, '--sweep'), { sample, halving: null });
  return experimentOf('sweep', definition, concludeSweep);
}

describe('the page of a sweep', () => {
  const page = async (summary: Summary) => {
    const warnings: string[] = [];
    const made = await reportPage(inventedReport(summary), { onWarning: (text) => warnings.push(text) });
    expect(warnings).toEqual([]);
    expectSound(made.html);
    return made;
  };
  /** What the rows of the table of variants begin with, in their order. */
  const ranks = (html: string): string[] =>
    [...html.matchAll(/<th scope="row">\s*(\d+)\s*<\/th>/g)].map(([, n]) => n!);

  it.each([
    ['one setting', 'lr=0.001,0.01,0.1', null, []],
    ['a grid of two', 'lr=0.001,0.01,0.1 dropout=0,0.3', null, ['heat-map.svg', 'importance.svg']],
    ['a grid of three', 'lr=0.001,0.01 dropout=0,0.3 decay=l2,decoupled', null, ['parallel-coordinates.svg']],
    ['a sample of networks', 'lr=1e-4..1e-1:log hidden=8/16,8/32', 12, ['parallel-coordinates.svg']],
  ])('over %s has every variant by rank, and its view', async (_, written, sample, views) => {
    const summary = inventedSummary(sweepOf(written, sample), 3);
    const { html, charts } = await page(summary);
    expect(ranks(html)).toEqual(summary.variants.map((_, i) => String(i + 1)));
    for (const view of views) expect(html).toContain(charts.get(view)!);
    const drawn = ['heat-map.svg', 'parallel-coordinates.svg'].filter((name) => charts.has(name));
    expect(drawn).toEqual(views.filter((name) => name !== 'importance.svg'));
    expect(html).toContain(summary.sweep!.question);
  });

  it('draws the curves of the best, and keeps hundreds of variants in closed blocks', async () => {
    const summary = inventedSummary(sweepOf('lr=1e-4..1e-1:log dropout=0..0.5', 600), 1);
    const { html, charts } = await page(summary);
    expect(ranks(html)).toHaveLength(summary.variants.length);
    expect(html.match(/<details>/g)).toHaveLength(2);
    expect([...charts.keys()].filter((name) => name.startsWith('loss-')).length).toBeLessThanOrEqual(6);
  });

  it('says what halving kept, and why', async () => {
    const made = inventedSummary(sweepOf('lr=0.001,0.01,0.1'), 2);
    const [first, second, third] = made.sweep!.ranking as [string, string, string];
    const ranking = [first, second, third].map((variant, i) => ({ variant, valLoss: 1.25 + i }));
    const halving = {
      factor: 3,
      rounds: [
        { epochs: 5, ranking, kept: 1 },
        { epochs: 15, ranking: ranking.slice(0, 1), kept: 1 },
      ],
    };
    const { html } = await page({ ...made, sweep: { ...made.sweep!, halving, compared: 1 } });
    expect(html).toContain('Successive halving');
    expect(html).toContain('stopped by halving');
    for (const loss of ['1.2500', '2.2500']) expect(html).toContain(loss);
  });
});

describe('the page of a run', () => {
  it.each(all)(
    'of experiment %s is sound, and its charts stand in it as they stand in their files',
    async (id) => {
      const warnings: string[] = [];
      const report = inventedReport(inventedSummary(id, 3));
      const { html, charts } = await reportPage(report, { onWarning: (warning) => warnings.push(warning) });
      expect(warnings).toEqual([]);
      expectSound(html);
      expect(charts.size).toBeGreaterThanOrEqual(7);
      for (const [file, svg] of charts) {
        expect(file).toMatch(/^[\w.-]+\.svg$/);
        expect(svg).toMatch(/^<svg .*<\/svg>$/s);
        expect(html).toContain(svg);
      }
      for (const sentence of report.summary.conclusions)
        expect(html).toContain(sentence.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`));
    },
  );

  it('names the makers of the images that it shows, where their licence wants that', async () => {
    const report = inventedReport(inventedSummary(1, 1));
    const attribution = 'Images by somebody, CC BY-SA 4.0.';
    const named = await reportPage({ ...report, test: { ...report.test!, attribution } });
    expect(named.html).toContain(attribution);
    expect((await reportPage(report)).html).not.toContain('CC BY-SA');
  });

  it('names a software adapter, the data and their notice, and the command', async () => {
    const { html } = await reportPage(inventedReport(inventedSummary(2, 1)));
    expect(html).toContain('<strong>Software adapter:</strong>');
    expect(html).toContain('Whose data these are.');
    expect(html).toContain('node scripts/train.js --exp 2 --data &#39;a directory&#39;');
  });

  it('leaves out what is not there', async () => {
    const report: RunReport = { summary: inventedSummary(2, 1), test: null, firstLayer: null, profile: null };
    const { html, charts } = await reportPage(report);
    expectSound(html);
    expect(html).not.toContain('id="mistakes"');
    expect(html).not.toContain('id="first-layer"');
    expect([...charts.keys()]).not.toContain('reliability.svg');
    expect(html).toContain('Not profiled');
  });

  it('draws a profile where there is one', async () => {
    const profile = [profileRecord(inventedGroup(), ceilings)];
    const { html, charts } = await reportPage({ ...inventedReport(inventedSummary(6, 1)), profile });
    expectSound(html);
    for (const { name } of profile[0]!.kernels) expect(charts.get('kernels-1.svg')).toContain(name);
  });

  it('survives runs of one epoch, and a network without mistakes', async () => {
    const summary = inventedSummary(1, 2, { epochs: 1 });
    const confusion = summary.selected.confusion.map((row, actual) =>
      row.map((_, k) => (k === actual ? 9 : 0)),
    );
    const flawless = { ...summary, selected: { ...summary.selected, confusion } };
    const { html } = await reportPage(inventedReport(flawless));
    expectSound(html);
    expect(html).toContain('No test image is misjudged');
  });

  it('survives variants that are all alike', async () => {
    const warnings: string[] = [];
    const report = inventedReport(inventedSummary(6, 1, { epochs: 1 }));
    const variants = report.summary.variants.map((variant) => ({
      ...variant,
      runs: report.summary.variants[0]!.runs,
    }));
    const alike = { ...report, summary: { ...report.summary, variants } };
    const { html } = await reportPage(alike, { onWarning: (warning) => warnings.push(warning) });
    expectSound(html);
    expect(warnings).toEqual([]);
  });

  it('escapes names that would break it', async () => {
    const evil = `"><img src=x onerror='1'>&`;
    const summary = inventedSummary(2, 1, { dataset: evil });
    const classNames = summary.selected.classNames.map((name, index) => (index === 3 ? evil : name));
    const { html, charts } = await reportPage(
      inventedReport({
        ...summary,
        title: evil,
        command: [evil],
        notes: [evil],
        conclusions: [evil],
        adapter: { ...summary.adapter, description: evil },
        selected: { ...summary.selected, classNames },
      }),
    );
    expect(html).not.toContain('<img src=x');
    for (const svg of charts.values()) expect(svg).not.toContain('<img');
  });

  it('tells at its top which trainings diverged, and escapes what it tells', async () => {
    const summary = inventedSummary(2, 3);
    expect((await reportPage(inventedReport(summary))).html).not.toContain('Diverged');
    const [first, ...others] = summary.variants;
    const lost = {
      variant: first!.name,
      seed: 0,
      epoch: 3,
      step: null,
      tensor: 'layer1',
      reproduced: true,
      message: 'somewhere: <b>layer1</b> is not finite',
      remedy: 'use another rate',
    };
    // The first variant has one run left, and the page must not count seeds by it.
    const variants = [{ ...first!, runs: first!.runs.slice(2) }, ...others];
    const { html } = await reportPage(inventedReport({ ...summary, variants, diverged: [lost, lost] }));
    expect(html).toContain('<strong>Diverged:</strong> 2 trainings diverged');
    expect(html).toContain('somewhere: &#60;b&#62;layer1&#60;/b&#62; is not finite; use another rate.');
    expect(html).toContain('over 3 seeds, less those that diverged');
    expectSound(html);
  });

  it('refuses predictions that do not fit the classes', async () => {
    const report = inventedReport(inventedSummary(2, 1));
    const test = { ...report.test!, labels: report.test!.labels.subarray(1) };
    await expect(reportPage({ ...report, test })).rejects.toThrow(/one probability per image and class/);
  });
});

describe('the page of the series', () => {
  it('goes from experiment 0 to final, with what was published', async () => {
    const warnings: string[] = [];
    const reports = all.map((id) => inventedReport(inventedSummary(id, 2)));
    const { html, charts } = await seriesPage(reports, {
      href: (id) => `exp${id}/report.html`,
      onWarning: (warning) => warnings.push(warning),
    });
    expect(warnings).toEqual([]);
    expectSound(html);
    const chapters = all.map((id) => html.indexOf(`<section id="${id === 'final' ? id : `exp${id}`}"`));
    expect(chapters).toEqual(chapters.toSorted((a, b) => a - b));
    expect(chapters[0]).toBeGreaterThan(0);
    for (const { trainAccuracy } of publishedFigures)
      expect(html).toContain(`${(100 * trainAccuracy).toFixed(2)} %`);
    for (const svg of charts.values()) expect(html).toContain(svg);
    expect(html).toContain('href="exp6/report.html"');
  });

  it('needs a run', async () => {
    await expect(seriesPage([])).rejects.toThrow(/at least one finished run/);
  });
});
