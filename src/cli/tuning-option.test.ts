/** `--tuning FILE` of scripts/train.js and scripts/profile.js, with an engine that invents results. */
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Command } from './command.js';
import { command as profile } from './commands/profile.js';
import { command as train } from './commands/train.js';
import type { Summary } from '../experiments/index.js';
import { tuningText } from '../kernels/index.js';
import { capture } from '../testing/capture.js';
import { fakeEngine } from './testing/engine.js';

const entries = [{ kernel: 'dense_forward', rows: 32, variant: 'split' }, { variant: 'register' }];
const good = tuningText({ adapter: 'a test adapter', subgroupSize: 8, entries });

let home: string;
let cwd: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'wgsl-train-tuning-'));
  cwd = process.cwd();
  process.chdir(home);
});
afterEach(() => {
  process.chdir(cwd);
  rmSync(home, { recursive: true, force: true });
});

async function run(line: string, command: Command = train) {
  const stdout = capture();
  const stderr = capture();
  const engine = fakeEngine();
  let loaded = 0;
  const code = await command.execute(line.split(' '), {
    stdout,
    stderr,
    signal: new AbortController().signal,
    loadEngine: () => {
      loaded++;
      return Promise.resolve(engine);
    },
  });
  return { code, stdout, stderr, loaded, calls: engine.calls };
}

describe.each<[name: string, line: string, command: Command]>([
  ['train.js', '--exp 1', train],
  ['train.js --print-plan', '--exp 1 --print-plan', train],
  ['profile.js', '--exp 1', profile],
])('%s', (_, line, command) => {
  it('a missing file: exit code 66, nothing is opened', async () => {
    const { code, loaded, stderr } = await run(`${line} --tuning none.json`, command);
    expect({ code, loaded, files: readdirSync(home) }).toEqual({ code: 66, loaded: 0, files: [] });
    expect(stderr.text()).toContain('none.json cannot be read');
  });

  it.each([
    ['is no JSON', () => 'tuning', 'it is not JSON'],
    ['is cut off', () => good.slice(0, -20), 'it is not JSON'],
    ['has an unknown variant', () => good.replace('split', 'fast'), 'entries[0].variant is wrong'],
    ['is too large', () => good + ' '.repeat(100_000), 'it is too large'],
  ])('a file that %s: exit code 65, nothing is opened', async (__, content, message) => {
    writeFileSync('tuning.json', content());
    const { code, loaded, stderr } = await run(`${line} --tuning tuning.json`, command);
    expect({ code, loaded, files: readdirSync(home) }).toEqual({
      code: 65,
      loaded: 0,
      files: ['tuning.json'],
    });
    expect(stderr.text()).toContain('tuning.json');
    expect(stderr.text()).toContain(message);
    expect(stderr.text()).toContain('remedy:');
  });

  it('a directory: exit code 66, nothing is opened', async () => {
    mkdirSync('tuning.json');
    const { code, loaded } = await run(`${line} --tuning tuning.json`, command);
    expect({ code, loaded }).toEqual({ code: 66, loaded: 0 });
  });

  it('a file of another adapter: exit code 2, both are named, nothing is done', async () => {
    writeFileSync('tuning.json', tuningText({ adapter: 'a GPU of last year', subgroupSize: 32, entries }));
    const { code, calls, stderr } = await run(`${line} --tuning tuning.json`, command);
    expect({ code, files: readdirSync(home) }).toEqual({ code: 2, files: ['tuning.json'] });
    expect(calls).toMatchObject({ opened: 1, closed: 1, resolved: [], trained: [], profiled: [] });
    expect(stderr.text()).toContain('found:    a file for a GPU of last year, subgroups of 32');
    expect(stderr.text()).toContain(
      'expected: one for the adapter of this run, a test adapter, subgroups of 8',
    );
  });

  it('a good file: the adapter is opened with its entries, in their order', async () => {
    writeFileSync('tuning.json', good);
    const { code, calls } = await run(`${line} --tuning tuning.json`, command);
    expect(code).toBe(0);
    expect(calls).toMatchObject({ opened: 1, closed: 1, tuning: entries });
  });

  it('without the option no file is used, even if one lies there', async () => {
    writeFileSync('tuning.json', good);
    const { code, calls } = await run(line, command);
    expect({ code, tuning: calls.tuning }).toEqual({ code: 0, tuning: null });
  });
});

describe('the record', () => {
  const summary = (...path: string[]) => JSON.parse(readFileSync(join(...path), 'utf8')) as Summary;

  it('names the file with its sha256, and the kernels of every variant', async () => {
    writeFileSync('tuning.json', good);
    const { stdout } = await run('--exp 4 --tuning tuning.json --json');
    const sha256 = createHash('sha256').update(good).digest('hex');
    const written = summary('runs', 'latest', 'summary.json');
    expect(written.tuning).toEqual({ file: 'tuning.json', sha256 });
    for (const { kernels } of written.variants)
      expect(kernels).toEqual({
        training: ['layer0 dense_forward.tile'],
        evaluation: ['layer0 dense_forward.split'],
      });
    expect(stdout.records()[0]).toMatchObject({ event: 'start', tuning: { file: 'tuning.json', sha256 } });
  });

  it('says that there was none', async () => {
    await run('--exp 1');
    expect(summary('runs', 'latest', 'summary.json').tuning).toBeNull();
  });

  it('of a whole series has it, too', async () => {
    writeFileSync('tuning.json', good);
    const { stdout } = await run('--exp all --tuning tuning.json');
    expect(summary('runs', 'latest', 'summary.json').tuning).toMatchObject({ file: 'tuning.json' });
    expect(stdout.text()).toContain('tuning:  tuning.json, 2 choices before the rules');
  });
});
