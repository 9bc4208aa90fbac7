/** Names and paths that stand in files: none leads out of the directory that the user named. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EngineError } from '../base/errors.js';
import { readNetwork, type NetworkChoice } from '../tools/networks/run-network.js';
import { downloadFile } from '../data/download.js';
import { fileName } from '../report/page/variants.js';
import { checkpointPath, openRun, runFiles, saveState, trialFolder } from './index.js';
import { TensorBoardLog } from './tensorboard.js';
import { madeSummary } from '../tools/compare/testing/runs.js';
import { answer, serve } from '../data/testing/server.js';
import { madeState } from './testing/states.js';
import { row } from '../tools/serve/testing/site.js';
import { trial } from '../train/testing/trials.js';
import { Chance } from '../testing/fuzz/chance.js';

const hostileNames = [
  '..',
  '../..',
  '../../outside/best',
  '/etc/passwd',
  '\\\\server\\share',
  'C:\\Windows',
  'a/../../../b',
  '....//....//x',
  'x\0y',
  '%2e%2e%2f',
  '\u2025/\uff0e\uff0e/',
  'CON',
  '-rf',
  '~',
  '$HOME',
  'a\nb',
] as const;

let home: string;
let run: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'wgsl-train-paths-'));
  run = join(home, 'run');
  mkdirSync(run);
});
afterEach(() => {
  rmSync(home, { recursive: true, force: true });
});

/** Every file below the home directory, with its content. */
function snapshot(): Map<string, string> {
  return new Map(
    readdirSync(home, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ parentPath, name }) => join(parentPath, name))
      .map((path) => [relative(home, path), readFileSync(path, 'latin1')]),
  );
}

const isBelow = (path: string, directory: string): boolean =>
  resolve(path).startsWith(resolve(directory) + sep);

describe('the folder of a trial', () => {
  it.each(hostileNames)('named %j is one folder of plain characters', (name) => {
    for (const folder of [trialFolder(name, 3), `curves-${fileName(name)}.svg`]) {
      expect(folder).not.toMatch(/[/\\\0:]|^\.{1,2}$/);
      expect(dirname(join(run, 'x', folder, 'y'))).toBe(join(run, 'x', folder));
    }
    expect(isBelow(checkpointPath(run, name, 3, 'best'), join(run, runFiles.checkpoints))).toBe(true);
  });

  it('is that for any text', () => {
    for (let index = 0; index < 5000; index++) {
      const chance = new Chance('folder', 1, index);
      const drawn = Array.from({ length: 1 + chance.below(12) }, () =>
        chance.oneIn(2)
          ? chance.one(['.', '..', '/', '\\', '\0', ':', ' '])
          : String.fromCodePoint(chance.below(0xd800)),
      ).join('');
      expect(trialFolder(drawn, chance.below(10))).toMatch(/^[A-Za-z0-9=.,_-]+-seed\d$/);
    }
  });

  it('keeps what is saved under hostile names where it belongs', () => {
    const facts = {
      experiment: 1,
      dataset: { name: '../x', sha256: 'ab' },
      adapter: '/',
      version: '..',
    };
    for (const name of hostileNames) {
      saveState(run, madeState(trial({}, 1, name), { valLosses: [0.5] }), facts);
      new TensorBoardLog(run).append([row(1, { variant: name })]);
    }
    for (const path of snapshot().keys())
      expect(path).toMatch(/^run[/\\](checkpoints|tensorboard)[/\\][^/\\]+[/\\][^/\\]+$/);
  });
});

describe('a summary.json', () => {
  const choice: NetworkChoice = { variant: undefined, seed: undefined, which: 'best' };
  const facts = { experiment: 1, dataset: { name: 'tiny', sha256: 'ab' }, adapter: 'a', version: '0' };

  interface Loose {
    variants: { name: unknown; runs: { seed: unknown }[] }[];
    selected: { variant: unknown; seed: unknown };
  }

  /** Writes the summary of a run whose selected network goes by these names. */
  function write(name: unknown, seed: unknown): void {
    const summary = JSON.parse(JSON.stringify(madeSummary({ experiment: 1, seeds: 1 }))) as Loose;
    summary.variants[0]!.name = name;
    summary.variants[0]!.runs[0]!.seed = seed;
    summary.selected = { ...summary.selected, variant: name, seed };
    writeFileSync(join(run, runFiles.summary), JSON.stringify(summary));
  }

  function refusal(): EngineError {
    try {
      readNetwork(run, choice);
    } catch (error) {
      if (error instanceof EngineError) return error;
      throw error;
    }
    throw new Error('a network was read');
  }

  beforeEach(() => {
    // What the names below mean to lead to.
    mkdirSync(join(home, 'outside'));
    saveState(join(home, 'outside'), madeState(trial({}, 0, 'x'), { valLosses: [0.5] }), facts);
  });

  it.each(['0/../../../../outside/checkpoints/x-seed0', '../x', '0\0', 0.5, -1, 1e300, null, [0], {}])(
    'with seed %j is refused',
    (seed) => {
      write('x', seed);
      expect(() => openRun(run)).toThrow(/seed is wrong/);
      expect(refusal()).toMatchObject({
        kind: 'bad-file',
        message: expect.stringContaining('seed is wrong') as string,
      });
    },
  );

  it.each(hostileNames)('with variant %j leads to no file elsewhere, and changes none', (name) => {
    write(name, 0);
    const before = snapshot();
    const error = refusal();
    expect(['no-data', 'bad-file']).toContain(error.kind);
    expect(error.describe()).not.toContain(join(home, 'outside'));
    expect(snapshot()).toEqual(before);
  });

  it.each([3, null, ['x'], { toString: 'x' }, 'a'.repeat(5000)])('with variant %j is refused', (name) => {
    write(name, 0);
    expect(refusal().kind).toBe('bad-file');
  });
});

it('a download lies under the name that was asked for, whatever the server calls it', async () => {
  const content = Buffer.from('content');
  const server = await serve(
    answer(302, { location: '/..%2f..%2foutside' }),
    answer(
      200,
      { 'content-disposition': 'attachment; filename="../../outside"', 'content-location': '/x' },
      content,
    ),
  );
  try {
    const sha256 = 'ed7002b439e9ac845f22357d822bac1444730fbdb6016d3ec9432297b9ec9f73';
    const file = { name: 'images.gz', bytes: content.length, sha256 };
    await downloadFile(file, { directory: run, mirrors: [server.url] });
  } finally {
    await server.close();
  }
  expect([...snapshot().keys()]).toEqual([join('run', 'images.gz')]);
});
