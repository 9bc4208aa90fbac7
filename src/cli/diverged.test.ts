/**
 * train.js where trainings diverge: what it tells, what it writes, how it ends, and what the other commands
 * make of such a run.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { command as compare } from './commands/compare.js';
import type { Engine } from './engine.js';
import type { Command } from './command.js';
import { command as evaluate } from './commands/evaluate.js';
import { findRun } from '../tools/serve/catalogue.js';
import { command as trainCommand } from './commands/train.js';
import { openRun, readCheckpoint } from '../runs/index.js';
import { DivergedError } from '../train/diverged-error.js';
import type { Trial } from '../train/types.js';
import { divergenceOf } from '../experiments/testing/diverged.js';
import { capture } from '../testing/capture.js';
import { fakeEngine } from './testing/engine.js';

const repository = fileURLToPath(new URL('../..', import.meta.url));

let home: string;
let cwd: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'wgsl-train-diverged-'));
  cwd = process.cwd();
  process.chdir(home);
});
afterEach(() => {
  process.chdir(cwd);
  rmSync(home, { recursive: true, force: true });
});

/** An engine that invents results; some trainings diverge in it. */
function engineOf(diverges: (trial: Trial) => boolean): Engine {
  const engine = fakeEngine();
  return {
    ...engine,
    open: async (options) => {
      const session = await engine.open(options);
      return {
        ...session,
        train: async (training, given) => {
          const { trials } = training;
          const lost = trials.filter(diverges);
          for (const trial of lost) given.onDiverged?.(trial, 2);
          const left = trials.filter((trial) => !lost.includes(trial));
          const results = left.length === 0 ? [] : await session.train({ ...training, trials: left }, given);
          if (lost.length === 0) return results;
          const all = trials.map((trial) => results.find((result) => result.trial === trial) ?? null);
          throw new DivergedError(lost.map(divergenceOf), all);
        },
      };
    },
  };
}

async function run(command: Command, line: string, diverges: (trial: Trial) => boolean = () => false) {
  const [stdout, stderr] = [capture(), capture()];
  const loadEngine = () => Promise.resolve(engineOf(diverges));
  const code = await command.execute(line.split(' '), {
    stdout,
    stderr,
    signal: new AbortController().signal,
    loadEngine,
  });
  return { code, stdout, stderr };
}

const fast = ({ config, seed }: Trial): boolean => config.learningRate === 5e-3 && seed === 1;

describe('some trainings diverge', () => {
  it('everything is told and written, but no conclusions; exit code 4; other commands read such a run', async () => {
    const { code, stdout, stderr } = await run(trainCommand, '--exp 5 --seeds 2 --out run --json', fast);
    expect(code).toBe(4);
    const text = stderr.text();
    for (const part of [
      'lr=0.005, seed 1: diverged in epoch 2, and trains no further',
      'trainings that diverged are left out',
      '\ndiverged\n- lr=0.005, seed 1, epoch 2, step 7 of 50: layer1 is the first tensor that is not finite; use a smaller',
      '(lowest best validation loss, mean over seeds; of its runs the one with the lowest, of the trainings that did not diverge)',
      'what it shows\n- 1 of 8 trainings diverged, lr=0.005 (seed 1): no comparison is drawn from the others.\n',
      `report:  ${join('run', 'report.html')}`,
    ])
      expect(text.replace(/\n {2}/g, ' ')).toContain(part);
    expect(text).not.toMatch(/NaN|null|undefined/);
    expect(text).toMatch(
      /\n1 of 8 trainings diverged\n {2}found: {4}lr=0.005 \(seed 1\)\n[^]*of the others were written\)\n$/,
    );

    const events = stdout.records();
    expect(events.filter(({ event }) => event === 'result')).toHaveLength(7);
    expect(events.filter(({ event }) => event === 'diverged')).toMatchObject([
      { experiment: 5, variant: 'lr=0.005', seed: 1, epoch: 2, step: 7, tensor: 'layer1', reproduced: true },
    ]);
    expect(events.slice(-2)).toMatchObject([
      { event: 'done', exitCode: 4 },
      { event: 'error', kind: 'diverged', exitCode: 4 },
    ]);

    const { summary } = openRun('run');
    expect(summary.diverged).toMatchObject([
      { variant: 'lr=0.005', seed: 1, epoch: 2, step: 7, tensor: 'layer1' },
    ]);
    expect(summary.variants.map(({ runs }) => runs.length)).toEqual([2, 2, 1, 2]);
    const page = readFileSync(join(home, 'run', 'report.html'), 'utf8');
    expect(page).toContain('<strong>Diverged:</strong> One training diverged');
    expect(page).toContain('lr=0.005, seed 1, epoch 2, step 7 of 50');
    expect(existsSync(join(home, 'run', 'running.json'))).toBe(false);

    const compared = await run(compare, 'run:lr=0.005 run:lr=0.001');
    expect(compared.code).toBe(0);
    expect(compared.stderr.text().replace(/\n {2}/g, ' ')).toContain(
      'warning: trainings of A diverged: lr=0.005 (seed 1). Those left may be the lucky ones.',
    );
    const evaluated = await run(evaluate, 'run --variant lr=0.005 --seed 1');
    expect(evaluated.code).toBe(2);
    expect(evaluated.stderr.text()).toContain('lr=0.005, seed 1, has no results: its training diverged');
    expect(evaluated.stderr.text()).toContain('epoch 2, step 7 of 50');
    expect(findRun(home, ['run'])).toMatchObject({
      state: 'finished',
      results: { conclusions: [expect.stringContaining('1 of 8 trainings diverged')] },
    });
  });

  it('a whole series goes on to its end', async () => {
    const { code, stderr } = await run(
      trainCommand,
      '--exp all --out series',
      ({ config }) => config.dropout === 0.5,
    );
    expect(code).toBe(4);
    expect(stderr.text()).toMatch(/^1 of \d+ trainings diverged\n {2}found: {4}dropout=0.5 \(seed 0\)/);
    expect(openRun('series/exp2').summary.diverged).toHaveLength(1);
    expect(openRun('series/final').summary.diverged).toEqual([]);
    expect(readFileSync(join(home, 'series', 'report.html'), 'utf8')).toContain('<strong>Diverged:</strong>');
  });
});

describe('every training diverges', () => {
  it('no summary; each is told of; exit code 4', async () => {
    const { code, stdout, stderr } = await run(trainCommand, '--exp 5 --out run --json', () => true);
    expect(code).toBe(4);
    expect(existsSync(join(home, 'run', 'summary.json'))).toBe(false);
    expect(stderr.text()).toContain(
      '4 of 4 trainings diverged\n  lr=0.0001, seed 0, epoch 2, step 7 of 50: layer1',
    );
    const events = stdout.records();
    expect(events.filter(({ event }) => event === 'diverged')).toHaveLength(4);
    expect(events.at(-1)).toMatchObject({ event: 'error', kind: 'diverged', exitCode: 4 });
  });
});

const isBuilt = existsSync(join(repository, 'dist', 'cli', 'command.js'));
if (!isBuilt) console.warn('skipped: a process that diverges needs dist/ (npm run build)');

describe.skipIf(!isBuilt)('node scripts/train.js', () => {
  const train = (options: string) => {
    const args = `--data synthetic:200/50 --out run --quiet ${options}`.split(' ');
    return spawnSync(process.execPath, [join(repository, 'scripts', 'train.js'), ...args], {
      cwd: home,
      encoding: 'utf8',
    });
  };

  it('with a rate that explodes: trial, epoch, step and tensor; exit code 4, and no results', () => {
    const { status, stderr } = train('--exp 3 --lr 1e38 --epochs 3');
    expect(status).toBe(4);
    expect(stderr).toMatch(
      /\n {2}hidden=256,128, seed 0, epoch 1, step 1 of 2: layer\d.weight is the first tensor/,
    );
    expect(stderr).toContain('use a smaller learning rate than 1e+38');
    expect(existsSync(join(home, 'run', 'summary.json'))).toBe(false);
  });

  it('in a sweep of which one rate diverges: the others finish, and the last sound checkpoint stays', () => {
    // Decay takes lr · λ off each weight in each step: at the largest rate it turns them over, six and a half
    // times as large.
    const { status, stderr } = train('--exp 5 --weight-decay 1500 --batch-size 16 --epochs 3');
    expect(status).toBe(4);
    expect(stderr).toMatch(/1 of 4 trainings diverged\n {2}found: {4}lr=0.005 \(seed 0\)\n/);
    const { summary } = openRun(join(home, 'run'));
    expect(summary.variants.map(({ name, runs }) => [name, runs[0]!.epochs])).toEqual([
      ['lr=0.0001', 3],
      ['lr=0.0005', 3],
      ['lr=0.001', 3],
    ]);
    expect(summary.diverged).toMatchObject([{ variant: 'lr=0.005', seed: 0, epoch: 2, reproduced: true }]);
    const checkpoint = readCheckpoint(join(home, 'run'), { variant: 'lr=0.005', seed: 0, which: 'last' });
    expect(checkpoint.epoch).toBe(1);
    for (const { data } of checkpoint.parameters.values()) expect(data.every(Number.isFinite)).toBe(true);
  });
});
