import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { command } from './compare.js';
import { jsonText } from '../../runs/index.js';
import { capture } from '../../testing/capture.js';
import { fakeEngine } from '../testing/engine.js';
import { madeSummary, makeRun, plainly } from '../../tools/compare/testing/runs.js';

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'wgsl-train-compare-'));
});
afterEach(() => {
  rmSync(home, { recursive: true, force: true });
});

async function compare(...argv: readonly string[]) {
  const [stdout, stderr] = [capture(), capture()];
  const code = await command.execute(argv, {
    stdout,
    stderr,
    signal: new AbortController().signal,
    loadEngine: () => Promise.resolve(fakeEngine()),
  });
  return { code, stdout, stderr };
}

const at = (name: string): string => join(home, name);
const chart = (): string => join(home, 'chart.svg');

/** A run whose losses are this much lower in every seed, give or take a little. */
function better(by: number): NonNullable<Parameters<typeof makeRun>[1]> {
  return {
    weights: 'better',
    measure: (variant, seed) => {
      const { losses, ...rest } = plainly(variant, seed);
      return { ...rest, losses: losses.map((loss) => loss - by - 0.001 * (seed % 2)) };
    },
  };
}

describe('compare.js', () => {
  it('pairs variants of one name and one seed, and shows what the spread does not explain', async () => {
    makeRun(at('a'));
    makeRun(at('b'), better(0.05));
    const { code, stdout, stderr } = await compare(at('a'), at('b'), '--out', chart());
    expect({ code, stderr: stderr.text() }).toEqual({ code: 0, stderr: '' });
    const text = stdout.text();
    expect(text).toContain(`A  ${at('a')}: exp2, dropout and early stopping; kmnist10k`);
    expect(text).toMatch(/^A dropout=0\.5 +3 +3 +0\.5310 ± 0\.0200 +87\.0 ± 0\.0 % +85\.4 ± 0\.4 %$/m);
    expect(text).toContain('B dropout=0.5  against  A dropout=0.5, 3 seeds paired\n  the same settings');
    expect(text).toMatch(/best val loss +-0\.0503 +\[-0\.0518, -0\.0489\] +lower/);
    expect(text).toMatch(/test acc +\+0\.00 .* points +equal/);
    // Seeds that differ by more than the variants: without pairs, nothing could be said.
    expect(text).toContain('B (dropout=0,patience=none)  against  A (dropout=0,patience=none)');
    expect(text.match(/ against /g)).toHaveLength(3);
    expect(stdout.lines().every((line) => line.length <= 110)).toBe(true);
  });

  it('says that a difference is not shown', async () => {
    makeRun(at('a'));
    makeRun(at('b'), {
      weights: 'b',
      measure: (variant, seed) => ({ ...plainly(variant, seed), losses: [0.9, 0.53 + 0.02 * (2 - seed)] }),
    });
    const { stdout } = await compare(`${at('a')}:dropout=0.5`, `${at('b')}:dropout=0.5`, '--out', chart());
    expect(stdout.text()).toMatch(/best val loss .* not shown by 3 seeds/);
  });

  it("takes Welch's interval where seeds do not pair", async () => {
    makeRun(at('a'), { seeds: 5 });
    makeRun(at('b'), better(0.2));
    const { stdout } = await compare(at('a'), at('b'), '--out', chart());
    expect(stdout.text()).toContain('against  A dropout=0.3, 3 and 5 seeds, not paired');
    expect(stdout.text()).toContain("95 % intervals (Welch's t)");
  });

  it('says that one seed shows nothing', async () => {
    makeRun(at('a'), { seeds: 1 });
    makeRun(at('b'), { ...better(0.2), seeds: 1 });
    const { code, stdout } = await compare(at('a'), at('b'), '--out', chart());
    expect(code).toBe(0);
    expect(stdout.text()).toContain('one seed shows nothing');
    expect(stdout.text()).toContain('train with --seeds 5');
  });

  it('holds the variants of one run against its first', async () => {
    makeRun(at('a'));
    const { code, stdout } = await compare(at('a'), at('a'), '--out', chart());
    expect(code).toBe(0);
    expect(stdout.text()).toContain('A dropout=0.3  against  A dropout=0.5');
    expect(stdout.text()).toContain('  dropout 0.3 instead of 0.5\n');
    expect(stdout.text().match(/ against /g)).toHaveLength(2);
  });

  it('holds other variants against the first one named', async () => {
    makeRun(at('a'));
    makeRun(at('b'), { experiment: 3 });
    const { stdout } = await compare(`${at('a')}:dropout=0.3`, at('b'), '--out', chart());
    expect(stdout.text()).toContain('B hidden=256,128  against  A dropout=0.3');
    expect(stdout.text()).toContain('hidden 256,128 instead of 128');
  });

  it('finds the same weights', async () => {
    makeRun(at('a'));
    makeRun(at('b'));
    const { stdout } = await compare(at('a'), at('b'), '--out', chart());
    expect(stdout.text()).toContain('the same weights in every seed, bit by bit');
  });

  it('does without validation', async () => {
    makeRun(at('a'), { experiment: 0 });
    makeRun(at('b'), { ...better(0.1), experiment: 0 });
    const { code, stdout } = await compare(at('a'), at('b'), '--out', chart());
    expect(code).toBe(0);
    expect(stdout.text()).toMatch(/^A baseline +3 +3 +- +- +85\.4/m);
    expect(stdout.text()).not.toMatch(/best val loss +[-+]/);
    expect(readFileSync(chart(), 'utf8')).toContain('Training loss');
  });

  it('warns of other data, adapters and versions, and does not pair on other data', async () => {
    makeRun(at('a'));
    makeRun(at('b'), {
      ...better(0.2),
      circumstances: {
        dataset: { sha256: 'ef'.repeat(32), notice: null },
        adapter: { description: 'a real one', software: false, subgroupSize: null },
        versions: { 'wgsl-train': '0.2.0', webgpu: '0.6.2', node: '20.0.0' },
        fused: false,
      },
    });
    const source = (commit: string): string => JSON.stringify({ source: { commit, modified: false } });
    writeFileSync(join(at('a'), 'environment.json'), source('1111111111aa'));
    writeFileSync(join(at('b'), 'environment.json'), source('2222222222bb'));
    const { code, stdout, stderr } = await compare(at('a'), at('b'), '--json', '--out', chart());
    expect(code).toBe(0);
    for (const part of ['other data: A kmnist10k', 'another adapter', 'other versions', 'another commit'])
      expect(stderr.text()).toContain(`warning: ${part}`);
    const records = stdout.records();
    const warnings = records.filter(({ event }) => event === 'warning').map(({ about }) => about);
    expect(warnings).toEqual(['dataset', 'adapter', 'versions', 'source', 'kernels']);
    const methods = records.filter(({ event }) => event === 'difference').map(({ method }) => method);
    expect(new Set(methods)).toEqual(new Set(['welch']));
  });

  it('--json gives the figures as they are', async () => {
    makeRun(at('a'));
    makeRun(at('b'), better(0.05));
    const { stdout, stderr } = await compare(at('a'), at('b'), '--json', '--out', chart());
    const records = stdout.records();
    const events = records.map(({ event }) => String(event));
    expect([...new Set(events)]).toEqual(['run', 'variant', 'difference', 'saved']);
    const difference = records.find(({ event, measure }) => event === 'difference' && measure === 'valLoss');
    expect(difference).toMatchObject({
      left: { run: 'B', variant: 'dropout=0.5' },
      right: { run: 'A', variant: 'dropout=0.5' },
      method: 'paired',
      seeds: [3, 3],
      shown: true,
      conclusion: 'lower',
    });
    expect(difference!.mean).toBeCloseTo(-0.05 - 0.001 / 3, 10);
    expect(records.find(({ event }) => event === 'variant')).toMatchObject({
      run: 'A',
      variant: 'dropout=0.5',
      seeds: [0, 1, 2],
      epochs: { mean: 3, sd: 0 },
    });
    expect(stderr.text()).toContain('against');
  });

  it('draws every variant, with its name escaped', async () => {
    makeRun(at('a'));
    const evil = madeSummary({ weights: 'b' });
    const [first, ...rest] = evil.variants;
    const variants = [{ ...first!, name: '<script>alert(1)</script>' }, ...rest];
    makeRun(at('b'));
    writeFileSync(join(at('b'), 'summary.json'), jsonText({ ...evil, variants }));
    const { code } = await compare(at('a'), at('b'), '--out', chart());
    expect(code).toBe(0);
    const svg = readFileSync(chart(), 'utf8');
    expect(svg).toMatch(/^<svg /);
    expect(svg).not.toContain('<script');
    // A band and a mean per variant at least.
    expect(svg.match(/<path/g)!.length).toBeGreaterThan(12);
  });

  it('never replaces a chart without --overwrite', async () => {
    makeRun(at('a'));
    writeFileSync(chart(), 'mine');
    const { code, stderr } = await compare(at('a'), '--out', chart());
    expect({ code, left: readFileSync(chart(), 'utf8') }).toEqual({ code: 2, left: 'mine' });
    expect(stderr.text()).toContain('--overwrite');
    expect((await compare(at('a'), '--out', chart(), '--overwrite')).code).toBe(0);
    expect(readFileSync(chart(), 'utf8')).toContain('<svg');
  });

  it('reads a run whose name has a colon', async () => {
    makeRun(at('a:b'));
    const { code, stdout } = await compare(at('a:b'), `${at('a:b')}:dropout=0.3`, '--out', chart());
    expect(code).toBe(0);
    expect(stdout.text()).toContain(`A  ${at('a:b')}: exp2`);
  });

  it.each<[string, readonly string[], number, string]>([
    ['nothing named', [], 2, 'RUN[:VARIANT] is missing'],
    ['an unknown option', ['a', '--outt', 'x'], 2, 'unknown option --outt'],
    ['no such run', ['a', 'nowhere'], 66, 'no finished run'],
    ['a run that did not finish', ['a', 'unfinished'], 66, 'no finished run'],
    ['no such variant', ['a:dropout=0.4'], 2, 'did you mean'],
    ['one variant', ['a:dropout=0.5'], 2, 'nothing to compare'],
    ['one variant twice', ['a:dropout=0.5', 'a:dropout=0.5'], 2, 'nothing to compare'],
    ['text that is not JSON', ['a', 'broken'], 65, 'not JSON'],
    ['a whole series', ['a', 'series'], 65, 'no summary of an experiment'],
    ['a summary without figures', ['a', 'hollow'], 65, 'variants[0] is wrong'],
    ['a loss that is text', ['a', 'texts'], 65, 'variants[0].runs[0].test.loss is wrong'],
    ['a curve that is too short', ['a', 'short'], 65, 'history.trainLoss'],
    ['an empty value', ['a', '--out='], 2, '--out needs a value'],
    ['a chart in a file', ['a', '--out', join('a', 'summary.json', 'x.svg')], 2, 'is a file'],
  ])('refuses %s', async (_, words, code, message) => {
    makeRun(at('a'));
    for (const [name, content] of Object.entries(damaged())) {
      makeRun(at(name));
      writeFileSync(join(at(name), 'summary.json'), content);
    }
    rmSync(join(makeRun(at('unfinished')), 'summary.json'));
    const argv = words.map((word) => (word.startsWith('-') ? word : at(word)));
    const found = await compare(...argv);
    expect(found.stderr.text()).toContain(message);
    expect({ code: found.code, stdout: found.stdout.text(), made: existsSync(chart()) }).toEqual({
      code,
      stdout: '',
      made: false,
    });
    expect(readdirSync(at('a'))).toEqual(['summary.json']);
  });
});

interface First {
  test: unknown;
  readonly history: { readonly trainLoss: number[] };
}

/** Contents of summary.json that must not become figures. */
function damaged(): Readonly<Record<string, string>> {
  const good = madeSummary();
  const change = (edit: (run: First) => void): string => {
    const copy = JSON.parse(JSON.stringify(good)) as { variants: { runs: First[] }[] };
    edit(copy.variants[0]!.runs[0]!);
    return JSON.stringify(copy);
  };
  return {
    broken: '{"schema": 1, "variants": [',
    series: JSON.stringify({ schema: 1, experiment: 'all', experiments: [good] }),
    hollow: JSON.stringify({ ...good, variants: [null] }),
    texts: change((run) => {
      run.test = { loss: '0.4', accuracy: 0.8 };
    }),
    short: change((run) => {
      run.history.trainLoss.pop();
    }),
  };
}
