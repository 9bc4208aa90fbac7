/**
 * Runs in units with an engine that invents results: what a merge gives beside one process, what is refused,
 * and what needs no adapter. Bits, kills and signals are tested with real processes.
 */
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EngineError } from '../base/errors.js';
import { divergenceOf } from '../experiments/testing/diverged.js';
import { RunClaim } from '../runs/index.js';
import { capture } from '../testing/capture.js';
import { DivergedError } from '../train/diverged-error.js';
import type { Trial } from '../train/types.js';
import type { Command } from './command.js';
import { command as statusCommand } from './commands/status.js';
import { command as trainCommand } from './commands/train.js';
import { fakeEngine, type FakeBehaviour, type FakeEngine } from './testing/engine.js';

let home: string;
let cwd: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'wgsl-train-units-'));
  cwd = process.cwd();
  process.chdir(home);
});
afterEach(() => {
  process.chdir(cwd);
  rmSync(home, { recursive: true, force: true });
});

interface Behaviour extends FakeBehaviour {
  readonly diverges?: (trial: Trial) => boolean;
}

/** Losses that depend on what is trained, and on nothing else. */
const losses = ({ seed, config }: Trial): number[] =>
  [0.9, 0.5, 0.6].map((loss) => loss + config.learningRate + config.batchSize / 1e4 + seed / 100);

function engineOf({ diverges = () => false, ...behaviour }: Behaviour): FakeEngine {
  const engine = fakeEngine({ losses, ...behaviour });
  return {
    ...engine,
    open: async (options) => {
      const session = await engine.open(options);
      return {
        ...session,
        train: async (training, given) => {
          const lost = training.trials.filter(diverges);
          const left = training.trials.filter((trial) => !lost.includes(trial));
          const results = left.length === 0 ? [] : await session.train({ ...training, trials: left }, given);
          if (lost.length === 0) return results;
          const all = training.trials.map((trial) => results.find((each) => each.trial === trial) ?? null);
          throw new DivergedError(lost.map(divergenceOf), all);
        },
      };
    },
  };
}

async function run(line: string, behaviour: Behaviour = {}, command: Command = trainCommand) {
  const [stdout, stderr] = [capture(), capture()];
  const engine = engineOf(behaviour);
  const code = await command.execute(line.split(' '), {
    stdout,
    stderr,
    signal: new AbortController().signal,
    loadEngine: () => Promise.resolve(engine),
  });
  const told = stdout.text() + stderr.text();
  return { code, stdout: stdout.text(), stderr: stderr.text(), told, calls: engine.calls };
}

const status = async (name: string): Promise<readonly Record<string, unknown>[]> => {
  const { stdout } = await run(`${name} --json`, {}, statusCommand);
  const events = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  return events.filter(({ event }) => event === 'unit');
};

const text = (...path: string[]): string => readFileSync(join(home, ...path), 'utf8');

/** Everything of a run but the times and the command. */
function contentOf(name: string) {
  const isTold = (key: string): boolean => !['seconds', 'stepsPerSecond', 'command'].includes(key);
  const summary = JSON.parse(text(name, 'summary.json'), (key, value: unknown) =>
    isTold(key) ? value : undefined,
  ) as unknown;
  // The invented reports say `improved` at any epoch.
  const metrics = text(name, 'metrics.csv').replaceAll(/(true|false)(?=,\d*$)/gm, '');
  const page = text(name, 'report.html').replaceAll(/<dt>command<\/dt>\s*<dd>.*<\/dd>/g, '');
  return { summary, metrics, page, charts: readdirSync(join(home, name, 'charts')).sort() };
}

async function trainUnits(line: string, count: number, behaviour: Behaviour = {}): Promise<number[]> {
  const codes: number[] = [];
  for (let unit = count - 1; unit >= 0; unit--)
    codes.unshift((await run(`${line} --unit ${unit}/${count}`, behaviour)).code);
  return codes;
}

describe('a run in units', () => {
  const options = '--exp 4 --seeds 2 --epochs 3 --data synthetic:100/20';

  it.each([1, 3, 10])('%d of them is that of one process, comparisons included', async (count) => {
    expect((await run(`${options} --out one`)).code).toBe(0);
    expect(await trainUnits(`${options} --out some`, count)).toEqual(new Array(count).fill(0));
    const merge = await run('--resume some');
    expect(merge).toMatchObject({ code: 0, calls: { trained: [], inferred: [{}] } });
    expect(contentOf('some')).toEqual(contentOf('one'));
    expect((await run('--resume some')).stdout).toContain('some is finished');
  });

  it('that diverged in part is, too, with exit code 4', async () => {
    const diverges = ({ config, seed }: Trial): boolean => config.weightDecay === 5e-4 && seed === 1;
    expect((await run(`${options} --out one`, { diverges })).code).toBe(4);
    expect(await trainUnits(`${options} --out some`, 3, { diverges })).toContain(4);
    expect((await status('some')).map(({ state }) => state)).toContain('diverged');
    const merge = await run('--resume some', { diverges });
    expect(merge).toMatchObject({ code: 4, calls: { trained: [] } });
    expect(contentOf('some')).toEqual(contentOf('one'));
  });

  it('that diverged as a whole ends as one process does', async () => {
    const all = { diverges: () => true };
    const one = await run('--exp 2 --epochs 3 --data synthetic --out one', all);
    expect(await trainUnits('--exp 2 --epochs 3 --data synthetic --out some', 2, all)).toEqual([4, 4]);
    const merge = await run('--resume some', all);
    expect(merge.code).toBe(4);
    expect(merge.stderr.split('\n').slice(-6)).toEqual(one.stderr.split('\n').slice(-6));
    expect(existsSync('some/summary.json')).toBe(false);
  });

  it('of all experiments is a series, with the final network trained by the merge', async () => {
    const series = '--exp all --epochs 3 --data synthetic';
    expect((await run(`${series} --out one`)).code).toBe(0);
    expect(await trainUnits(`${series} --out some`, 5)).toEqual([0, 0, 0, 0, 0]);
    const merge = await run('--resume some');
    expect({ code: merge.code, trained: merge.calls.trained }).toEqual({ code: 0, trained: [] });
    // The invented trainings of several shapes take turns, which real ones do not.
    const sorted = (name: string) => {
      const { metrics, ...content } = contentOf(name);
      return { ...content, metrics: metrics.split('\n').sort() };
    };
    for (const folder of ['exp0', 'exp2', 'exp4', 'exp6', 'final'])
      expect(sorted(join('some', folder)), folder).toEqual(sorted(join('one', folder)));
    expect(JSON.parse(text('some', 'summary.json'))).toMatchObject({ experiment: 'all' });
  });

  it('trains in the merge what is missing, from its checkpoints', async () => {
    await run(`${options} --out one`);
    expect((await run(`${options} --out some --unit 1/3`)).code).toBe(0);
    const { code, calls, told } = await run('--resume some');
    expect(code, told).toBe(0);
    expect(told).toContain('2 of 3 are not done and are trained now: 0, 2');
    expect(calls.trained.map((trials) => trials.length)).toEqual([6]);
    expect(contentOf('some')).toEqual(contentOf('one'));
    expect((await status('some')).map(({ state }) => state)).toEqual(['done', 'done', 'done']);
  });

  it('merges without an adapter, and says what the page lacks', async () => {
    await trainUnits(`${options} --out some`, 2);
    const none = new EngineError('no-adapter', 'no WebGPU adapter was found');
    const { code, told } = await run('--resume some', { openError: none });
    expect(code, told).toBe(0);
    expect(told).toContain('without what the network says of the test set');
    await run(`${options} --out one`);
    expect(contentOf('some').summary).toEqual(contentOf('one').summary);
  });

  it('does not train without an adapter', async () => {
    const none = new EngineError('no-adapter', 'no WebGPU adapter was found');
    expect((await run(`${options} --out some --unit 0/2`, { openError: none })).code).toBe(69);
    expect(await status('some')).toMatchObject([{ state: 'failed' }, { state: 'waiting' }]);
    expect((await run('--resume some', { openError: none })).code).toBe(69);
    expect((await run(`${options} --out some --unit 0/2`)).code).toBe(0);
    expect(await status('some')).toMatchObject([{ state: 'done', error: null }, { state: 'waiting' }]);
  });
});

describe('a unit', () => {
  const options = '--exp 5 --epochs 3 --data synthetic --out a';

  it('is made by --units first, which trains nothing', async () => {
    const { code, stdout, stderr, calls } = await run(
      '--exp 5 --epochs 3 --data synthetic --out a --units 2',
    );
    expect({ code, opened: calls.opened }).toEqual({ code: 0, opened: 0 });
    expect(stdout + stderr).toContain('--config a/config.json --out a --unit I/2');
    expect(readdirSync('a')).toEqual(['config.json']);
    expect((await run('--config a/config.json --out a --unit 1/2')).code).toBe(0);
    expect((await run('--exp 5 --epochs 3 --data synthetic --out a --units 2')).code).toBe(2);
  });

  it('that is done answers at once, without an adapter', async () => {
    expect((await run(`${options} --unit 0/2`)).code).toBe(0);
    const { code, stdout, calls } = await run(`${options} --unit 0/2`);
    expect({ code, opened: calls.opened, resolved: calls.resolved }).toEqual({
      code: 0,
      opened: 0,
      resolved: [],
    });
    expect(stdout).toContain('unit 0 of 2 was done');
  });

  it('of another configuration or cut is refused', async () => {
    await run(`${options} --unit 0/2`);
    for (const line of [`${options} --lr 0.1 --unit 1/2`, `${options} --unit 1/3`]) {
      const { code, stderr } = await run(line);
      expect(code, line).toBe(2);
      expect(stderr).toContain('another configuration');
    }
    await run('--exp 1 --epochs 3 --data synthetic --out plain');
    expect((await run('--exp 1 --epochs 3 --data synthetic --out plain --unit 0/1')).code).toBe(2);
    const many = await run('--exp 1 --epochs 3 --data synthetic --out many --unit 0/2');
    expect(many).toMatchObject({ code: 2 });
    expect(many.stderr).toContain('at most 1 unit');
  });

  it('that a process trains is busy, and keeps others from a merge', async () => {
    await run(`${options} --units 2`);
    const claim = RunClaim.take('a/units/0-of-2');
    try {
      const second = await run(`${options} --unit 0/2`);
      expect(second).toMatchObject({ code: 75, calls: { trained: [] } });
      expect(second.stderr).toContain(`process ${process.pid}`);
      const merge = await run('--resume a');
      expect(merge).toMatchObject({ code: 2, calls: { trained: [] } });
      expect(merge.stderr).toContain(`unit 0-of-2 (process ${process.pid})`);
      expect((await run(`${options} --overwrite`)).code).toBe(2);
      expect(await status('a')).toMatchObject([{ state: 'begun', pid: process.pid }, { state: 'waiting' }]);
      expect((await run(`${options} --unit 1/2`)).code).toBe(0);
    } finally {
      claim.release();
    }
    const merging = RunClaim.take('a');
    expect((await run(`${options} --unit 0/2`)).code).toBe(75);
    merging.release();
    expect((await run(`${options} --unit 0/2`)).code).toBe(0);
  });

  it('trained elsewhere is named in the summary, run by run', async () => {
    await run(`${options} --unit 0/2`);
    await run(`${options} --unit 1/2`, { fingerprint: { driver: 'another' } });
    expect((await run('--resume a')).code).toBe(0);
    const { variants } = JSON.parse(text('a', 'summary.json')) as {
      variants: { runs: { adapter?: string }[] }[];
    };
    const adapters = variants.flatMap(({ runs }) => runs.map(({ adapter }) => adapter ?? ''));
    expect(new Set(adapters).size).toBe(2);
    expect(adapters.some((name) => name.includes('driver another'))).toBe(true);
  });

  it('begun on another adapter is refused with 69, unless --mixed lets it go on', async () => {
    await trainUnits(options, 2);
    rmSync('a/units/0-of-2/result.json');
    const other = { fingerprint: { driver: 'another' } };
    expect(await run(`${options} --unit 0/2`, other)).toMatchObject({ code: 69, calls: { trained: [] } });
    expect((await status('a'))[0]).toMatchObject({ state: 'failed' });
    expect((await run(`${options} --unit 0/2 --mixed`, other)).code).toBe(0);
    expect((await run('--resume a')).code).toBe(0);
    expect(JSON.parse(text('a', 'summary.json'))).toMatchObject({ mixed: [expect.any(String) as unknown] });
  });

  it.each([
    ['damaged', '{', 65, 'not JSON'],
    ['of another run', null, 65, 'configSha256 is wrong'],
  ])('whose results are %s stops the merge', async (_, content, exit, told) => {
    await trainUnits(options, 2);
    const file = join('a', 'units', '1-of-2', 'result.json');
    writeFileSync(file, content ?? text(file).replace(/"configSha256":"./, '"configSha256":"x'));
    const { code, stderr } = await run('--resume a');
    expect({ code, stderr }).toMatchObject({ code: exit });
    expect(stderr).toContain(told);
    expect(stderr).toContain('delete the file');
    rmSync(file);
    expect((await run('--resume a')).code).toBe(0);
  });
});

it('status says that a run is none in units', async () => {
  mkdirSync('x');
  expect((await run('x', {}, statusCommand)).code).toBe(66);
  await run('--exp 1 --epochs 3 --data synthetic --out plain');
  const { code, stderr } = await run('plain', {}, statusCommand);
  expect(code).toBe(2);
  expect(stderr).toContain('no run in units');
});
