import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { command } from './repeat.js';
import { EngineError } from '../../base/errors.js';
import {
  firstDifferences,
  hashOf,
  largestDifference,
  type RepeatedTrial,
} from '../../tools/repeat/record.js';
import { fileURLToPath } from 'node:url';
import { capture } from '../../testing/capture.js';
import { fakeEngine, type FakeBehaviour } from '../testing/engine.js';

async function run(line: string, behaviour: FakeBehaviour = {}) {
  const [stdout, stderr] = [capture(), capture()];
  const engine = fakeEngine(behaviour);
  const code = await command.execute(line === '' ? [] : line.split(' '), {
    stdout,
    stderr,
    signal: new AbortController().signal,
    loadEngine: () => Promise.resolve(engine),
  });
  return { code, stdout, stderr, calls: engine.calls };
}

/** Losses of each training, call by call: `changed` in those calls that are named. */
function changing(calls: readonly number[], changed: readonly number[]): FakeBehaviour {
  let call = 0;
  return {
    beforeTraining: (count) => {
      call = count;
    },
    losses: () => (calls.includes(call + 1) ? changed : [0.9, 0.5, 0.6]),
  };
}

describe('scripts/repeat.js', () => {
  it('exits 0 where every time gives the same bits, each on a fresh device', async () => {
    const { code, stdout, calls } = await run('--exp 2 --times 3 --seeds 2');
    expect(code).toBe(0);
    expect(calls.trained.map((trials) => trials.length)).toEqual([6, 6, 6]);
    // One more, to look for an adapter before the data.
    expect(calls).toMatchObject({ opened: 4, closed: 4, resolved: ['auto'], fuse: [true, true, true] });
    const hashes = [...stdout.text().matchAll(/^time \d of 3: ([0-9a-f]{64}), /gm)].map(([, hash]) => hash);
    expect(hashes).toHaveLength(3);
    expect(new Set(hashes).size).toBe(1);
    expect(stdout.text()).toContain(`the same bits 3 times: ${hashes[0]!}`);
  });

  it('exits 1 where one does not, and says where it differs first', async () => {
    const { code, stdout } = await run('--exp 1 --times 4', changing([3], [0.9, 0.25, 0.6]));
    expect(code).toBe(1);
    const lines = stdout.text().split('\n');
    expect(lines.filter((line) => line.includes('instead of'))).toEqual([
      '  baseline, seed 0, epoch 2: validation loss 0.25 instead of 0.5',
    ]);
    expect(stdout.text()).toContain('NOT THE SAME BITS: 2 hashes in 4 times');
  });

  it('compares with unfused kernels, and does not judge that', async () => {
    const same = await run('--exp 1 --times 2 --and-unfused');
    expect(same.calls.fuse).toEqual([true, true, false]);
    expect(same.stdout.text()).toContain('fused and unfused: the same bits');
    const other = await run('--exp 1 --times 2 --and-unfused --json', changing([3], [0.9, 0.5, 0.625]));
    expect(other.code).toBe(0);
    expect(other.stderr.text()).toMatch(
      /other bits; losses differ by 0\.0250 at most \(baseline, seed 0, epoch 3/,
    );
    expect(other.stdout.records().at(-1)).toMatchObject({
      event: 'repeated',
      same: true,
      unfused: { same: false },
    });
  });

  it('--json has the weights and metrics of every time', async () => {
    const { stdout } = await run('--exp 2 --times 2 --json --quiet --no-fuse');
    const times = stdout.records().filter(({ event }) => event === 'time');
    expect(times).toMatchObject([
      { time: 1, fused: false, hash: expect.stringMatching(/^[0-9a-f]{64}$/) as string },
      { time: 2, fused: false },
    ]);
    const { trials } = times[0] as { trials: RepeatedTrial[] };
    expect(hashOf(trials)).toBe(times[0]!.hash);
    // What a process says of its trainings comes through JSON.
    expect(hashOf(JSON.parse(JSON.stringify(trials)) as RepeatedTrial[])).toBe(times[0]!.hash);
  });

  it('closes the adapter and ends as the training did', async () => {
    const beforeTraining = (): never => {
      throw new EngineError('diverged', 'it diverged');
    };
    expect(await run('--exp 1', { beforeTraining })).toMatchObject({
      code: 4,
      calls: { opened: 2, closed: 2 },
    });
  });

  it.each([
    ['', '--exp is missing'],
    ['--exp all', '--exp cannot be "all"'],
    ['--exp 7', '--exp cannot be "7"'],
    ['2', 'unexpected argument "2"'],
    ['--exp 2 --times 0', '--times cannot be "0"'],
    ['--exp 2 --times twice', '--times cannot be "twice"'],
    ['--exp 2 --times', '--times needs a value'],
    ['--exp 2 --times=', '--times needs a value'],
    ['--exp 2 --times 2 --times 3', '--times was given 2 times'],
    ['--exp 2 --processes=2', '--processes takes no value'],
    ['--exp 2 --and-unfused --no-fuse', '--and-unfused and --no-fuse exclude each other'],
    ['--exp 0 --patience 3', '--patience does not apply to experiment 0'],
    ['--exp 2 --out here', 'unknown option --out'],
    ['--exp 2 --resume here', 'unknown option --resume'],
    ['--exp 2 --dropout 1', '--dropout cannot be "1"'],
  ])('%j exits 2', async (line, message) => {
    const { code, stderr, calls } = await run(line);
    expect({ code, opened: calls.opened }).toEqual({ code: 2, opened: 0 });
    expect(stderr.text()).toContain(message);
  });

  it('--help needs no adapter', async () => {
    const { code, stdout, calls } = await run('--help');
    expect({ code, opened: calls.opened }).toEqual({ code: 0, opened: 0 });
    expect(stdout.text()).toContain('usage: node scripts/repeat.js');
  });

  const isBuilt = existsSync(fileURLToPath(new URL('../../../dist/cli/command.js', import.meta.url)));
  it.skipIf(!isBuilt)('--processes gives what one process does, with a real adapter', async () => {
    const training = '--exp 2 --epochs 2 --data synthetic:60/20 --hidden 4 --json';
    const hashes = async (options: string): Promise<unknown> => {
      const [stdout, stderr] = [capture(), capture()];
      const code = await command.execute([...training.split(' '), ...options.split(' ')], {
        stdout,
        stderr,
        signal: new AbortController().signal,
        loadEngine: async () => (await import('../engine.js')).engine,
      });
      expect({ code, stderr: stderr.text() }).toMatchObject({ code: 0 });
      return stdout.records().at(-1)!.hashes;
    };
    expect(await hashes('--times 1 --processes --and-unfused')).toEqual(await hashes('--times 1'));
  });
});

describe('a difference', () => {
  const score = (loss: number) => ({ loss, accuracy: 0.5 });
  const record = (change: Partial<RepeatedTrial> = {}): RepeatedTrial => ({
    variant: 'a',
    seed: 0,
    weightsSha256: 'ab',
    history: [1, 2].map((epoch) => ({ epoch, train: score(epoch), validation: score(epoch / 2) })),
    test: score(0.5),
    confusion: [[1]],
    ...change,
  });

  it.each<[string, Partial<RepeatedTrial>, string]>([
    ['weights', { weightsSha256: 'cd' }, 'a, seed 0, after the last epoch: weights cd instead of ab'],
    ['a missing epoch', { history: [] }, 'a, seed 0, epoch 1: training loss nothing instead of 1'],
    ['the test set', { test: score(0.25) }, 'a, seed 0, after the last epoch: test loss 0.25 instead of 0.5'],
    [
      'counts',
      { confusion: [[2]] },
      'a, seed 0, after the last epoch: confusion matrix [[2]] instead of [[1]]',
    ],
  ])('of %s is found, and changes the hash', (_, change, told) => {
    expect(firstDifferences([record(change)], [record()])).toEqual([told]);
    expect(hashOf([record(change)])).not.toBe(hashOf([record()]));
  });

  it('is none between equals; of losses the largest one is told', () => {
    expect(firstDifferences([record()], [record()])).toEqual([]);
    expect(largestDifference([record()], [record()])).toEqual({ difference: 0, place: '' });
    const validation = [0.5, 0.75].map((loss, i) => ({
      epoch: i + 1,
      train: score(i + 1),
      validation: score(loss),
    }));
    expect(largestDifference([record({ history: validation, test: score(0.375) })], [record()])).toEqual({
      difference: 0.25,
      place: 'a, seed 0, epoch 2, validation loss',
    });
    expect(largestDifference([record({ history: [] })], [record()]).difference).toBe(Infinity);
    expect(firstDifferences([], [record()])).toEqual(['a, seed 0: missing']);
  });

  it('in the last bit of a figure changes the hash', () => {
    const one = record({ test: score(0.1 + 0.2) });
    expect(hashOf([one])).not.toBe(hashOf([record({ test: score(0.3) })]));
  });
});
