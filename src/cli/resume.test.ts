/**
 * Which runs `--resume` continues, and what it refuses; that the bits are the same is tested with a real
 * adapter.
 */
import {
  existsSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EngineError } from '../base/errors.js';
import { differences } from './train/config.js';
import { command as train } from './commands/train.js';
import { capture } from '../testing/capture.js';
import { fakeEngine, type FakeBehaviour } from './testing/engine.js';

let home: string;
let cwd: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'wgsl-train-resume-'));
  cwd = process.cwd();
  process.chdir(home);
});
afterEach(() => {
  process.chdir(cwd);
  rmSync(home, { recursive: true, force: true });
});

async function run(line: string, behaviour: FakeBehaviour = {}) {
  const [stdout, stderr] = [capture(), capture()];
  const engine = fakeEngine(behaviour);
  const code = await train.execute(line.split(' '), {
    stdout,
    stderr,
    signal: new AbortController().signal,
    loadEngine: () => Promise.resolve(engine),
  });
  return { code, stdout: stdout.text(), stderr: stderr.text(), ...engine };
}

/** A run that has its checkpoints and no results, as one that was killed after the training. */
async function unfinished(name: string, line = '--exp 2 --epochs 3 --data synthetic'): Promise<void> {
  expect((await run(`${line} --out ${name}`)).code).toBe(0);
  rmSync(join(home, name, 'summary.json'));
}

const text = (...path: string[]): string => readFileSync(join(home, ...path), 'utf8');

describe('a run goes on', () => {
  it('with the options that it began with, in its directory', async () => {
    await unfinished('a', '--exp 2 --epochs 3 --seed 4 --data synthetic:100/20');
    const before = { config: text('a', 'config.json'), metrics: text('a', 'metrics.csv') };
    const { code, calls, stderr, stdout } = await run('--resume a');
    expect(code).toBe(0);
    expect(stdout + stderr).toContain('continues: 3 trainings done');
    expect(calls.resolved).toEqual(['synthetic:100/20']);
    expect(calls.trained[0]!.map(({ seed, config }) => [seed, config.epochs])).toEqual([
      [4, 3],
      [4, 3],
      [4, 3],
    ]);
    expect(readdirSync(join(home, 'a'))).toContain('summary.json');
    expect(text('a', 'config.json')).toBe(before.config);
    expect(JSON.parse(text('a', 'environment.json'))).toMatchObject({
      resumed: [{ command: expect.any(Array) as unknown }],
    });
  });

  it('by the name latest, or by none', async () => {
    await run('--exp 1 --epochs 3 --data synthetic');
    const [name] = readdirSync(join(home, 'runs')).filter((each) => each !== 'latest');
    for (const line of ['--resume', '--resume latest', '--resume --quiet']) {
      rmSync(join(home, 'runs', name!, 'summary.json'));
      const { code } = await run(line);
      expect(code, line).toBe(0);
      expect(readdirSync(join(home, 'runs', name!))).toContain('summary.json');
    }
  });

  it('not if it is finished, which is no error', async () => {
    await run('--exp 1 --epochs 3 --out a --data synthetic');
    const { code, stdout, calls } = await run('--resume a');
    expect({ code, opened: calls.opened }).toEqual({ code: 0, opened: 0 });
    expect(stdout).toContain('a is finished');
  });

  it('as a series, each experiment in its directory', async () => {
    await run('--exp all --epochs 2 --out s --data synthetic');
    for (const folder of ['s', 's/exp4', 's/final']) rmSync(join(home, folder, 'summary.json'));
    const { code } = await run('--resume s');
    expect(code).toBe(0);
    for (const folder of ['s', 's/exp4', 's/final'])
      expect(readdirSync(join(home, folder))).toContain('summary.json');
  });
});

describe('is refused, and nothing is touched', () => {
  const cases: readonly (readonly [string, string, number, readonly string[], FakeBehaviour])[] = [
    ['other epochs', '--resume a --epochs 4', 2, ['another configuration', 'options.epochs: 3 -> 4'], {}],
    ['another seed', '--resume a --seed 1', 2, ['another configuration', 'options.seed: 0 -> 1'], {}],
    ['more seeds', '--resume a --seeds 2', 2, ['another configuration', 'seeds'], {}],
    ['another experiment', '--resume a --exp 3', 2, ['another configuration', 'options.exp: "2" -> "3"'], {}],
    ['a setting', '--resume a --weight-decay 0.1', 2, ['weightDecay: 0 -> 0.1'], {}],
    ['unfused kernels', '--resume a --no-fuse', 2, ['another configuration', 'no-fuse: nothing -> true'], {}],
    [
      'other data under the same name',
      '--resume a',
      2,
      ['a cannot be continued: the data set is another one', 'sha256 ffff'],
      { dataset: { sha256: 'f'.repeat(64) } },
    ],
    ['no such run', '--resume b', 66, ['no run in b', 'b/config.json'], {}],
    ['no newest run', '--resume', 66, ['no run in runs/latest'], {}],
  ];
  it.each(cases)('%s', async (_, line, exit, told, behaviour) => {
    await unfinished('a');
    const before = readdirSync(join(home, 'a'), { recursive: true }).sort();
    const { code, stderr } = await run(line, behaviour);
    expect({ code, stderr }).toMatchObject({ code: exit });
    for (const each of told) expect(stderr).toContain(each);
    expect(readdirSync(join(home, 'a'), { recursive: true }).sort()).toEqual(before);
  });

  it.each([
    ['a damaged config.json', 'config.json', '{', 65, 'not JSON'],
    ['a config.json of another schema', 'config.json', '{"schema": 9}', 65, 'schema is wrong'],
    [
      'a damaged checkpoint',
      'checkpoints/dropout=0.5-seed0/last.safetensors',
      'nonsense',
      65,
      'last.safetensors',
    ],
    [
      'a damaged best checkpoint',
      'checkpoints/dropout=0.5-seed0/best.safetensors',
      '',
      65,
      'best.safetensors',
    ],
  ])('%s', async (_, file, content, exit, told) => {
    await unfinished('a');
    writeFileSync(join(home, 'a', file), content);
    const { code, stderr } = await run('--resume a');
    expect({ code, stderr }).toMatchObject({ code: exit });
    expect(stderr).toContain(told);
  });

  it('a run that another process is at work on', async () => {
    await unfinished('a');
    const running = { pid: process.ppid, started: new Date().toISOString() };
    writeFileSync(join(home, 'a', 'running.json'), JSON.stringify(running));
    const { code, stderr } = await run('--resume a');
    expect(code).toBe(2);
    expect(stderr).toContain(`process ${process.ppid}`);
    writeFileSync(join(home, 'a', 'running.json'), JSON.stringify({ ...running, pid: 2 ** 22 + 1 }));
    expect((await run('--resume a')).code).toBe(0);
  });

  it('a checkpoint of another adapter', async () => {
    await unfinished('a');
    const path = join(home, 'a/checkpoints/dropout=0.5-seed0/last.safetensors');
    const bytes = readFileSync(path, 'latin1').replace(
      '"adapter":"a test adapter"',
      '"adapter":"a best adapter"',
    );
    writeFileSync(path, bytes, 'latin1');
    const { code, stderr } = await run('--resume a');
    expect(code).toBe(69);
    expect(stderr).toContain('the adapter is another one');
  });

  it.each([
    ['subgroup size', '4'],
    ['tuning', 'sha256 00'],
    ['webgpu (Dawn)', '9'],
    ['CPU features', 'sse2'],
  ])('a checkpoint with another %s, unless --mixed says that it goes on', async (name, value) => {
    await unfinished('a');
    const other = { fingerprint: { [name]: value } };
    const refused = await run('--resume a', other);
    expect(refused.code).toBe(69);
    expect(refused.stderr).toContain(`found:    ${name}: ${value}`);
    expect(refused.stderr).toContain('add --mixed');
    expect(existsSync(join(home, 'a', 'summary.json'))).toBe(false);
    expect((await run('--resume a --mixed', other)).code).toBe(0);
    const mixed = ['a test adapter; device a test adapter; subgroup size 8'];
    expect(JSON.parse(text('a', 'summary.json'))).toMatchObject({ mixed });
    expect(JSON.parse(text('a', 'config.json'))).toMatchObject({ options: { mixed: true, exp: '2' } });
    // The record allows it from then on.
    rmSync(join(home, 'a', 'summary.json'));
    expect((await run('--resume a', other)).code).toBe(0);
    expect(JSON.parse(text('a', 'summary.json'))).toMatchObject({ mixed });
  });

  it('not a checkpoint of an earlier version, which has no fingerprint', async () => {
    await unfinished('a');
    for (const seed of readdirSync(join(home, 'a/checkpoints')))
      for (const which of ['last', 'best']) {
        const path = join(home, 'a/checkpoints', seed, `${which}.safetensors`);
        const bytes = readFileSync(path, 'latin1');
        writeFileSync(path, bytes.replace('"fingerprint":', '"fingerprinx":'), 'latin1');
      }
    expect((await run('--resume a', { fingerprint: { tuning: 'x' } })).code).toBe(0);
    expect(JSON.parse(text('a', 'summary.json'))).not.toHaveProperty('mixed');
  });

  it('names lead where the user points them: latest may be a link, and nothing else is followed', async () => {
    await unfinished('a');
    symlinkSync(join(home, 'a'), join(home, 'elsewhere'));
    expect((await run('--resume elsewhere')).code).toBe(0);
  });
});

describe('a lost device', () => {
  const lost = (): never => {
    throw new EngineError('device-lost', 'the GPU device was lost (unknown): made up');
  };

  it('is replaced once by a fresh one, and training goes on', async () => {
    const { code, stderr, stdout, calls } = await run('--exp 2 --epochs 3 --out a --data synthetic', {
      beforeTraining: (call) => {
        if (call === 1) lost();
      },
    });
    expect({ code, opened: calls.opened, closed: calls.closed }).toEqual({ code: 0, opened: 2, closed: 2 });
    expect(stdout + stderr).toContain('on a fresh adapter');
    expect(calls.trained).toHaveLength(2);
  });

  it('a second time ends the training with 69', async () => {
    const { code, stderr, calls } = await run('--exp 2 --epochs 3 --out a --data synthetic', {
      beforeTraining: lost,
    });
    expect({ code, opened: calls.opened, closed: calls.closed }).toEqual({ code: 69, opened: 2, closed: 2 });
    expect(stderr).toContain('was lost');
  });
});

it('differences are told leaf by leaf', () => {
  expect(
    differences({ a: 1, b: [1, 2], c: { d: 'x' } }, { a: 1, b: [1, 3], c: { d: 'y', e: null } }),
  ).toEqual(['b[1]: 2 -> 3', 'c.d: "x" -> "y"', 'c.e: nothing -> null']);
  expect(differences([1], [1, 2], 'seeds')).toEqual(['seeds: [1] -> [1,2]']);
  expect(differences(null, null)).toEqual([]);
});
