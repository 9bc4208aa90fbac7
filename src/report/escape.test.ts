/**
 * Pages out of summaries and runs in which every text is hostile: they have the same tags and attributes as
 * those out of sound ones.
 */
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LocalServer } from '../tools/serve/local-server.js';
import { startServer } from '../tools/serve/server.js';
import type { Summary } from '../experiments/index.js';
import { reportPage } from './page/report-page.js';
import { seriesPage } from './page/series-page.js';
import { profileRecord } from '../profile/profile-record.js';
import { ceilings, inventedGroup } from '../profile/testing/invented.js';
import { inventedReport, inventedSummary } from './testing/invented-runs.js';
import { lines, row } from '../tools/serve/testing/site.js';

const evil = [
  `"><img src=x onerror=alert(1)>`,
  `' onmouseover='alert(1)`,
  '</script><script>alert(1)</script>',
  '</style></title></svg><svg onload=alert(1)>',
  '<!--',
  ']]><![CDATA[<x>',
  'javascript:alert(1)',
  '&lt;b&gt;&#60;b&#62;',
  '[0].datum["x"]\\u003cb\\u003e',
  '{{7*7}}${7*7}',
  '../../../etc/passwd',
].join(' ');

/** Texts that have a meaning for whoever reads them, and one of these values only. */
const kept: readonly string[] = ['decay', 'stopped', 'sha256', 'weightsSha256'];

/** A copy of any value in which every text, and no number, is another; each a different one. */
function poisoned<T>(value: T, key = '', count = { texts: 0 }): T {
  if (typeof value === 'string' && !kept.includes(key)) return `${evil} ${count.texts++}` as T;
  if (Array.isArray(value)) return value.map((each: unknown) => poisoned(each, '', count)) as T;
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, each]) => [name, poisoned(each, name, count)]),
  ) as T;
}

/** A summary whose parts still belong together by their names. */
function poisonedSummary(sound: Summary): Summary {
  const summary = poisoned(sound);
  const at = sound.variants.findIndex(({ name }) => name === sound.selected.variant);
  const { name } = summary.variants[at]!;
  return { ...summary, experiment: sound.experiment, selected: { ...summary.selected, variant: name } };
}

interface Tag {
  readonly name: string;
  readonly attributes: ReadonlyMap<string, string>;
}

/** The tags of a text as a browser finds them: a quoted attribute ends at its quote, a tag at its bracket. */
function tagsOf(markup: string): Tag[] {
  const tag = /<(?:!--|\/?([a-zA-Z][^\s/>]*)((?:[^>"']|"[^"]*"|'[^']*')*)>)/g;
  const attribute = /([^\s"'<>/=]+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'=<>`]+)))?/g;
  return Array.from(markup.matchAll(tag), ([whole, name = whole, rest = '']) => ({
    name: name.toLowerCase(),
    attributes: new Map(
      Array.from(rest.matchAll(attribute), ([, key, a, b, c]) => [key!.toLowerCase(), a ?? b ?? c ?? '']),
    ),
  }));
}

const shapeOf = ({ name, attributes }: Tag): string => [name, ...[...attributes.keys()].sort()].join(' ');

/** Nothing in `markup` is markup that is not in `sound`, and no address leads anywhere else. */
function expectSameMarkup(markup: string, sound: string): void {
  const known = new Set(tagsOf(sound).map(shapeOf));
  const tags = tagsOf(markup);
  expect(tags.length).toBeGreaterThan(10);
  expect([...new Set(tags.map(shapeOf))].filter((shape) => !known.has(shape))).toEqual([]);
  for (const { attributes } of tags)
    for (const [key, value] of attributes) {
      expect(key).not.toMatch(/^on/);
      if (key === 'href' || key === 'src' || key === 'xlink:href')
        expect(value).toMatch(/^(#|\/(?!\/)|data:|[\w%-]+\/)/);
      if (key === 'style') expect(value).not.toMatch(/url\(|expression/);
    }
  // It is there, as text.
  expect(markup).toMatch(/&(#60|lt);img src=x/);
}

it('the tokeniser of this test finds what a browser would run', () => {
  const shapes = tagsOf(`<p title="a > b">x</p><IMG/src=x onerror='y'><!-- --><a b c=d>`).map(shapeOf);
  expect(shapes).toEqual(
    ['p title', 'p', 'img onerror src', '!--', 'a b c'].map((s) => (s === '!--' ? '<!--' : s)),
  );
});

describe('the report', () => {
  it.each([0, 4] as const)('of experiment %s', async (id) => {
    const sound = inventedReport(inventedSummary(id, 2));
    const profile = [profileRecord(inventedGroup(), ceilings)];
    const before = await reportPage({ ...sound, profile });
    const after = await reportPage({
      ...inventedReport(poisonedSummary(sound.summary)),
      test: { ...sound.test!, attribution: evil },
      profile: poisoned(profile),
    });
    expectSameMarkup(after.html, before.html);
    for (const [name, svg] of after.charts) {
      expect(name).toMatch(/^\w[\w.-]*\.svg$/);
      const known = [...before.charts.values()].flatMap(tagsOf).map(shapeOf);
      expect(
        tagsOf(svg)
          .map(shapeOf)
          .filter((shape) => !known.includes(shape)),
      ).toEqual([]);
    }
  });

  it('of the series', async () => {
    const sound = ([1, 2] as const).map((id) => inventedReport(inventedSummary(id, 2)));
    const before = await seriesPage(sound);
    const after = await seriesPage(sound.map(({ summary }) => inventedReport(poisonedSummary(summary))));
    expectSameMarkup(after.html, before.html);
  });
});

describe('the local page', () => {
  let home: string;
  let server: LocalServer;
  beforeAll(async () => {
    home = realpathSync(mkdtempSync(join(tmpdir(), 'wgsl-train-escape-')));
    const sound = inventedSummary(2, 2);
    const config = {
      schema: 1,
      options: { exp: '2', data: 'x', seeds: 2 },
      resolved: { variants: [], comparisons: [] },
    };
    const rows = [row(1), row(2), row(1, { variant: 'other' })];
    const write = (name: string, files: Readonly<Record<string, unknown>>): void => {
      const directory = join(home, name);
      mkdirSync(directory);
      for (const [file, value] of Object.entries(files))
        writeFileSync(join(directory, file), typeof value === 'string' ? value : JSON.stringify(value));
    };
    const environment = { started: '2026-01-01T10:00:00Z' };
    write('sound-finished', {
      'summary.json': sound,
      'config.json': config,
      'environment.json': environment,
      'report.html': '',
    });
    write('sound-stopped', { 'config.json': config, 'metrics.jsonl': lines(rows) });
    // Names of folders hold no slash.
    const name = evil.replaceAll('/', ':').slice(0, 200);
    write(name, {
      'summary.json': poisonedSummary(sound),
      'config.json': poisoned(config),
      'environment.json': environment,
      'metrics.jsonl': lines(poisoned(rows)),
      'report.html': '',
    });
    write(`x${name}`, { 'config.json': poisoned(config), 'metrics.jsonl': lines(poisoned(rows)) });
    server = await startServer({ root: home, port: 0 });
  });
  afterAll(async () => {
    await server.close();
    rmSync(home, { recursive: true, force: true });
  });

  const get = async (path: string): Promise<string> => {
    const response = await fetch(new URL(path, server.url));
    expect({ path, status: response.status }).toEqual({ path, status: 200 });
    return response.text();
  };

  it('its list and its runs', async () => {
    const list = await get('/');
    const runs = [...list.matchAll(/href="(\/run\/[^"]+)"/g)].map(([, path]) =>
      path!.replaceAll('&#39;', "'"),
    );
    expect(runs).toHaveLength(4);
    const pages = await Promise.all(runs.map(get));
    const isSound = (path: string): boolean => path.startsWith('/run/sound-');
    const sound = [list, ...pages.filter((_, index) => isSound(runs[index]!))].join('');
    expectSameMarkup(list, sound);
    for (const [index, page] of pages.entries()) if (!isSound(runs[index]!)) expectSameMarkup(page, sound);
  });
});
