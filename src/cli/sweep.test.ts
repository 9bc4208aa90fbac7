/** Sweeps by the command, on a real adapter: what is trained, kept, recorded and resumed. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Summary } from '../experiments/index.js';
import { capture } from '../testing/capture.js';
import { command as train } from './commands/train.js';
import { engine } from './engine.js';

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'wgsl-train-sweep-'));
});
afterEach(() => {
  rmSync(home, { recursive: true, force: true });
});

const path = (...names: string[]): string => join(home, ...names);

async function run(line: string) {
  const [stdout, stderr] = [capture(), capture()];
  const code = await train.execute(line.split(' '), {
    stdout,
    stderr,
    signal: new AbortController().signal,
    loadEngine: () => Promise.resolve(engine),
  });
  return { code, stdout: stdout.text(), stderr: stderr.text() };
}

const small = '--data synthetic:100/20 --hidden 8 --epochs 4 --batch-size 40';

function summaryOf(name: string): Summary {
  return JSON.parse(readFileSync(path(name, 'summary.json'), 'utf8')) as Summary;
}

/** `variant/seed` -> the hash of its weights. */
function hashes({ variants, comparisons }: Summary): Map<string, string> {
  return new Map(
    [...variants, ...comparisons].flatMap(({ name, runs }) =>
      runs.map(({ seed, weightsSha256 }) => [`${name}/${seed}`, weightsSha256] as const),
    ),
  );
}

describe('a sweep', () => {
  test('trains its grid with every seed; the file of it, and its config.json, train the same', async () => {
    const sweep = `--sweep lr=0.001,0.01 --sweep dropout=0,0.3 --seeds 2 ${small}`;
    const first = await run(`${sweep} --out ${path('a')}`);
    expect(first.code, first.stderr).toBe(0);
    const summary = summaryOf('a');
    expect(summary.experiment).toBe('sweep');
    expect([...hashes(summary).keys()]).toHaveLength(8);
    expect(summary.sweep!.settings).toEqual(['lr', 'dropout']);
    expect(first.stdout).toContain('Sweep: lr and dropout');
    expect(readFileSync(path('a', 'report.html'), 'utf8')).toContain('Sweep: lr and dropout');

    const { experiment } = JSON.parse(readFileSync(path('a', 'config.json'), 'utf8')) as {
      experiment: unknown;
    };
    writeFileSync(path('sweep.json'), JSON.stringify(experiment));
    const file = await run(`--experiment ${path('sweep.json')} --seeds 2 ${small} --out ${path('b')}`);
    expect(file.code, file.stderr).toBe(0);
    expect(hashes(summaryOf('b'))).toEqual(hashes(summary));

    const config = await run(`--config ${path('a', 'config.json')} --out ${path('c')}`);
    expect(config.code, config.stderr).toBe(0);
    expect(hashes(summaryOf('c'))).toEqual(hashes(summary));
  });

  test('of a published experiment, printed as a file, trains its bits', async () => {
    const printed = await run('--print-experiment 4');
    expect(printed.code).toBe(0);
    writeFileSync(path('4.json'), printed.stdout);
    const own = await run(`--experiment ${path('4.json')} ${small} --out ${path('own')}`);
    const published = await run(`--exp 4 ${small} --out ${path('published')}`);
    expect([own.code, published.code], own.stderr + published.stderr).toEqual([0, 0]);
    expect(hashes(summaryOf('own'))).toEqual(hashes(summaryOf('published')));
  });

  test.each([
    ['that is not there', null, 66],
    ['that is no experiment', '{"schema": 1}', 65],
    ['with a setting that is none', '{"schema": 1, "title": "a", "base": {"rate": 1}}', 65],
  ])('by a file %s is refused', async (_, content, code) => {
    if (content !== null) writeFileSync(path('x.json'), content);
    const refused = await run(`--experiment ${path('x.json')} --out ${path('x')}`);
    expect(refused.code).toBe(code);
    expect(refused.stderr).toContain('remedy:');
  });
});

describe('successive halving', () => {
  const halved = `--sweep lr=0.0001,0.001,0.01,0.1 --halving 2 --seeds 2 ${small}`;

  test('trains few to the end, with the bits of a whole training', async () => {
    const done = await run(`${halved} --out ${path('a')}`);
    expect(done.code, done.stderr).toBe(0);
    const { sweep, variants, selected } = summaryOf('a');
    const rounds = sweep!.halving!.rounds;
    expect(rounds.map(({ epochs, kept, ranking }) => [epochs, ranking.length, kept])).toEqual([
      [1, 4, 2],
      [2, 2, 1],
      [4, 1, 1],
    ]);
    const best = rounds.at(-1)!.ranking[0]!.variant;
    expect(selected.variant).toBe(best);
    const whole = await run(`--sweep lr=0.0001,0.001,0.01,0.1 --seeds 2 ${small} --out ${path('b')}`);
    expect(whole.code, whole.stderr).toBe(0);
    const all = summaryOf('b');
    for (const { name, runs } of variants) {
      const trainedTo = rounds.filter(({ ranking }) => ranking.some(({ variant }) => variant === name));
      const same = all.variants.find((each) => each.name === name)!;
      for (const [i, each] of runs.entries()) {
        const { epochs } = trainedTo.at(-1)!;
        expect(each.epochs).toBe(epochs);
        expect(each.stopped).toBe(name === best ? 'completed' : 'pruned');
        expect(each.history.valLoss).toEqual(same.runs[i]!.history.valLoss!.slice(0, epochs));
        if (name === best) expect(each.weightsSha256).toBe(same.runs[i]!.weightsSha256);
      }
    }
  });

  test('that ended before its results were written goes on from its checkpoints', async () => {
    expect((await run(`${halved} --out ${path('a')}`)).code).toBe(0);
    const before = summaryOf('a');
    // The rows of a resumed run stand trial by trial.
    const rows = (): string[] => {
      const lines = readFileSync(path('a', 'metrics.csv'), 'utf8').trim().split('\n');
      return lines.map((line) => line.replace(/,[^,]*$/, '')).sort();
    };
    const metrics = rows();
    rmSync(path('a', 'summary.json'));
    const resumed = await run(`--resume ${path('a')}`);
    expect(resumed.code, resumed.stderr).toBe(0);
    const after = summaryOf('a');
    expect(hashes(after)).toEqual(hashes(before));
    expect(after.sweep).toEqual(before.sweep);
    expect(rows()).toEqual(metrics);
  });
});
