/** The check before a training as a command makes it: what is told, and what is remembered of it. */
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, test, vi } from 'vitest';
import { EngineError } from '../base/errors.js';
import type { Session } from './engine.js';
import { createOutput } from './output.js';
import { readPassed, selfCheckFile, writePassed } from '../runs/self-check-cache.js';
import { checkIdentity, checkKernels, type SelfCheckRecord } from './self-check.js';
import { command as trainCommand } from './commands/train.js';
import { fakeDataset } from '../experiments/testing/dataset.js';
import { trial } from '../train/testing/trials.js';
import { capture } from '../testing/capture.js';
import { fakeEngine, inventedKernels, type FakeBehaviour } from './testing/engine.js';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'self-check-'));
});
afterEach(() => {
  chmodSync(directory, 0o700);
  rmSync(directory, { recursive: true });
});

/** Runs unless both kernels are known. */
const standard: FakeBehaviour = {
  selfCheck: (isKnown) => {
    const ran = !inventedKernels.every(isKnown);
    return { kernels: inventedKernels, ran, compared: ran ? 1000 : 0, worstShare: ran ? 0.5 : 0 };
  },
};

interface Told {
  readonly record: SelfCheckRecord;
  readonly text: string;
  readonly events: readonly Readonly<Record<string, unknown>>[];
}

/** A session of its own each time, as each command has. */
async function check(
  behaviour: FakeBehaviour = standard,
  change: (session: Session) => Session = (s) => s,
): Promise<Told> {
  const session = change(await fakeEngine(behaviour).open({}));
  const [stdout, stderr] = [capture(), capture()];
  const output = createOutput({ stdout, stderr, json: true, quiet: false });
  const record = await checkKernels(session, session.plan(fakeDataset(), [trial({})], {}), output, directory);
  return { record, text: stderr.text(), events: stdout.records() };
}

const names = ['adamw', 'dense_forward.tile'];

describe('the check before a training', () => {
  it('is told where it ran, in one line and one event', async () => {
    const { record, text, events } = await check();
    expect(text).toMatch(/^self-check: 2 kernels right on this adapter, \d+\.\d s\n$/);
    expect(events).toMatchObject([{ event: 'self-check', kernels: names, compared: 1000, worstShare: 0.5 }]);
    expect(record).toMatchObject({ kernels: names, cached: false });
    expect(record.seconds).toBeGreaterThanOrEqual(0);
    expect(Date.parse(record.checked)).toBeGreaterThan(0);
  });

  it('is not repeated, nor told again; the record says when it was', async () => {
    const first = await check();
    const again = await check();
    expect(again).toEqual({
      record: { kernels: names, checked: first.record.checked, cached: true, seconds: null },
      text: '',
      events: [],
    });
  });

  it('remembers nothing where a kernel computes wrongly', async () => {
    const wrong = new EngineError('wrong-result', 'this adapter computes wrongly');
    const selfCheck = () => {
      throw wrong;
    };
    await expect(check({ selfCheck })).rejects.toBe(wrong);
    expect(readdirSync(directory)).toEqual([]);
    expect((await check()).record.cached).toBe(false);
  });

  it('runs again for kernels that are new, and keeps the others', async () => {
    await check();
    const selfCheck = () => ({
      kernels: [{ kernel: 'gather', sha256: 'f'.repeat(64) }],
      ran: true,
      compared: 1,
      worstShare: 0,
    });
    await check({ selfCheck });
    const passed = readPassed(directory, checkIdentity(await fakeEngine().open({})));
    expect([...passed.values()].map(({ kernel }) => kernel).sort()).toEqual([...names, 'gather'].sort());
    expect((await check()).record.cached).toBe(true);
  });

  test.each<[string, (session: Session) => Session]>([
    ['adapter', (s) => ({ ...s, adapter: { ...s.adapter, description: 'another adapter' } })],
    ['size of subgroups', (s) => ({ ...s, adapter: { ...s.adapter, subgroupSize: 4 } })],
    ['driver', (s) => ({ ...s, environment: { ...s.environment, driver: 'version 2' } })],
    ['set of features', (s) => ({ ...s, environment: { ...s.environment, features: ['subgroups'] } })],
  ])('runs again on another %s', async (_, change) => {
    await check();
    expect((await check(standard, change)).record.cached).toBe(false);
    expect((await check()).record.cached).toBe(true);
  });

  test.each([
    ['version of this program', { 'wgsl-train': '9.9.9' }],
    ['version of webgpu', { webgpu: '9.9.9' }],
  ])('runs again with another %s', async (_, other) => {
    const identity = checkIdentity(await fakeEngine().open({}));
    const versions = { ...(identity.versions as object), ...other };
    writePassed(directory, { ...identity, versions }, inventedKernels, new Date().toISOString());
    expect((await check()).record.cached).toBe(false);
  });
});

describe('train.js', () => {
  async function train(behaviour: FakeBehaviour) {
    vi.stubEnv('WGSL_TRAIN_CACHE', directory);
    const out = join(directory, 'run');
    const [stdout, stderr] = [capture(), capture()];
    const engine = fakeEngine(behaviour);
    const line = `--exp 5 --lr 0.01 --out ${out} --overwrite --data synthetic --json`;
    const signal = new AbortController().signal;
    const loadEngine = () => Promise.resolve(engine);
    const code = await trainCommand.execute(line.split(' '), { stdout, stderr, signal, loadEngine });
    return { code, out, text: stderr.text(), events: stdout.records(), calls: engine.calls };
  }
  const environmentOf = (out: string): Record<string, unknown> =>
    JSON.parse(readFileSync(join(out, 'environment.json'), 'utf8')) as Record<string, unknown>;
  afterEach(() => {
    vi.unstubAllEnvs();
  });

  it('checks the kernels of all its trials before the first, and keeps what was checked and when', async () => {
    const { code, out, text, events, calls } = await train(standard);
    expect(code).toBe(0);
    expect(text.match(/self-check: 2 kernels right/g)).toHaveLength(1);
    expect(events.filter(({ event }) => event === 'self-check')).toHaveLength(1);
    expect(calls.selfChecked[0]).toEqual(calls.trained[0]);
    const { selfCheck } = environmentOf(out);
    expect(selfCheck).toMatchObject({ kernels: names, cached: false });
    const again = await train(standard);
    expect(again.text).not.toContain('right on this adapter');
    expect(environmentOf(again.out).selfCheck).toMatchObject({ kernels: names, cached: true });
  });

  it('trains nothing on an adapter that computes wrongly: 69, and no directory', async () => {
    const selfCheck = () => {
      throw new EngineError('wrong-result', 'this adapter computes wrongly: kernel adamw on it');
    };
    const { code, out, text, events, calls } = await train({ selfCheck });
    expect(code).toBe(69);
    expect(text).toContain('this adapter computes wrongly: kernel adamw');
    expect(events.at(-1)).toMatchObject({ event: 'error', kind: 'wrong-result', exitCode: 69 });
    expect(calls.trained).toEqual([]);
    expect(existsSync(out)).toBe(false);
  });
});

describe('a file of the cache', () => {
  /** The file after a check, replaced by what `change` makes of its text. */
  async function changed(change: (text: string) => string | Buffer): Promise<string> {
    await check();
    const file = selfCheckFile(directory, checkIdentity(await fakeEngine().open({})));
    writeFileSync(file, change(readFileSync(file, 'utf8')));
    return file;
  }
  const edited = (edit: (content: Record<string, unknown>) => unknown) => (text: string) =>
    JSON.stringify(edit(JSON.parse(text) as Record<string, unknown>));

  test.each<[string, (text: string) => string | Buffer]>([
    ['is empty', () => ''],
    ['is cut off', (text) => text.slice(0, -20)],
    ['is no JSON', () => 'passed'],
    ['is bytes', () => Buffer.from([0xff, 0xfe, 0, 1])],
    ['is a list', () => '[]'],
    ['is null', () => 'null'],
    ['has another format', edited((content) => ({ ...content, format: 2 }))],
    ['tells of another adapter', edited((content) => ({ ...content, identity: { adapter: 'another' } }))],
    ['has no identity', edited(({ format, passed }) => ({ format, passed }))],
    ['has no list of kernels', edited((content) => ({ ...content, passed: {} }))],
    [
      'has a kernel without a name',
      edited((content) => ({ ...content, passed: [{ sha256: '0'.repeat(64), checked: '2026' }] })),
    ],
    ['has a hash that is none', (text) => text.replaceAll('0'.repeat(64), '../..')],
    ['has a date that is none', (text) => text.replaceAll(/"checked": "[^"]*"/g, '"checked": "lately"')],
    ['is too large', (text) => text + ' '.repeat(2 ** 20)],
  ])('that %s counts as none, and is written anew', async (_, change) => {
    const file = await changed(change);
    expect((await check()).record.cached).toBe(false);
    expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({ format: 1, passed: [{}, {}] });
    expect((await check()).record.cached).toBe(true);
  });

  it('that is a directory is no error', async () => {
    const file = selfCheckFile(directory, checkIdentity(await fakeEngine().open({})));
    mkdirSync(file, { recursive: true });
    expect((await check()).record.cached).toBe(false);
  });

  it('that cannot be written is no error: the check runs each time', async () => {
    // A file where the cache has a directory, which stops root, too.
    writeFileSync(join(directory, 'self-check'), '');
    for (let time = 0; time < 2; time++) expect((await check()).record.cached).toBe(false);
    expect(readFileSync(join(directory, 'self-check'), 'utf8')).toBe('');
  });

  it('leaves no temporary behind', async () => {
    await check();
    expect(readdirSync(join(directory, 'self-check'))).toHaveLength(1);
  });
});
