import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  checkpointsIn,
  createTrial,
  EngineError,
  fromSafetensors,
  train,
  type CheckpointOptions,
  type CheckpointStorage,
  type NamedParameters,
  type TrialResult,
  type TrialState,
} from '../index.js';
import { recordedFacts } from '../data/dataset.js';
import { platform } from '../platform/index.js';
import { parseCheckpoint, saveState, trialFolder } from '../runs/index.js';
import { useGpu } from '../../kernels.test/kernels/support.js';
import { tinyDataset } from '../train/testing/tiny-dataset.js';
import { outcome } from '../train/testing/trials.js';

const gpu = useGpu();
const dataset = tinyDataset({ train: 60, test: 30 });
const trials = [0.02, 0.002].map((learningRate) =>
  createTrial({ name: `lr ${learningRate}`, hidden: [8], batchSize: 16, epochs: 8, learningRate }),
);

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'wgsl-train-checkpoints-'));
});
afterEach(() => {
  rmSync(home, { recursive: true, force: true });
});

/** A storage of one's own. @param failing may throw what a write throws */
function memory(failing: (name: string, writes: number) => void = () => undefined) {
  const files = new Map<string, Uint8Array>();
  let writes = 0;
  const storage: CheckpointStorage = {
    read: (name) => Promise.resolve(files.get(name) ?? null),
    write: async (name, bytes) => {
      await Promise.resolve();
      failing(name, writes++);
      files.set(name, bytes.slice());
    },
  };
  return { files, storage };
}

async function trainUntil(
  lastEpoch: number,
  place: string | CheckpointStorage = home,
  options: CheckpointOptions = {},
): Promise<TrialResult[] | null> {
  const controller = new AbortController();
  try {
    return await train(gpu(), dataset, trials, {
      ...(await checkpointsIn(place, gpu(), dataset, options)),
      signal: controller.signal,
      onEpoch: ({ epoch }) => {
        if (epoch === lastEpoch) controller.abort();
      },
    });
  } catch (error) {
    if (error instanceof EngineError && error.kind === 'interrupted') return null;
    throw error;
  }
}

it('a training that is begun again resumes, and ends with the bits of one that ran through', async () => {
  const whole = await train(gpu(), dataset, trials);
  for (const epoch of [2, 3, 6]) expect(await trainUntil(epoch)).toBeNull();
  const results = await trainUntil(Infinity);
  expect(results!.map(outcome)).toEqual(whole.map(outcome));
  // What is done is measured again, not trained.
  const again = await trainUntil(Infinity);
  expect(again!.map(outcome)).toEqual(whole.map(outcome));
});

it('its files hold the weights for predict, too', async () => {
  const kept: NamedParameters[] = [];
  await train(gpu(), dataset, trials, {
    ...(await checkpointsIn(home, gpu(), dataset)),
    onWeights: ({ best }) => kept.push(best.parameters),
  });
  const bytes = readFileSync(join(home, 'lr_0.02-seed0', 'best.safetensors'));
  const found = fromSafetensors(bytes);
  expect([...found.keys()].sort()).toEqual([...kept[0]!.keys()].sort());
  for (const [name, tensor] of kept[0]!) expect(found.get(name)).toEqual(tensor);
});

it('refuses what is damaged or of other data', async () => {
  await trainUntil(2);
  const other = { ...dataset, sha256: 'cd'.repeat(32) };
  const ofOther = await checkpointsIn(home, gpu(), other);
  await expect(train(gpu(), other, trials, ofOther)).rejects.toThrow('the data set is another one');
  const path = join(home, 'lr_0.02-seed0', 'last.safetensors');
  const bytes = readFileSync(path);
  bytes[bytes.length - 1]! ^= 1;
  writeFileSync(path, bytes);
  await expect(trainUntil(Infinity)).rejects.toThrow('its tensors are damaged');
});

describe("in a storage of one's own", () => {
  const last = 'lr_0.02-seed0/last.safetensors';

  it('a training resumes from it, and ends with the bits of one that ran through', async () => {
    const whole = await train(gpu(), dataset, trials);
    const { storage, files } = memory();
    for (const epoch of [1, 4]) expect(await trainUntil(epoch, storage)).toBeNull();
    expect((await trainUntil(Infinity, storage))!.map(outcome)).toEqual(whole.map(outcome));
    expect([...files.keys()].sort()).toEqual(
      ['lr_0.002-seed0', 'lr_0.02-seed0'].flatMap((trial) =>
        ['best', 'last'].map((which) => `${trial}/${which}.safetensors`),
      ),
    );
  });

  it('so it does when the program ended at any of its writes', async () => {
    const whole = await train(gpu(), dataset, trials);
    const ended = new EngineError('not-written', 'the program ended');
    let ends = 0;
    for (let at = 0; ; at += 3) {
      const { storage } = memory((_, writes) => {
        if (writes === at) throw ended;
      });
      const first = await trainUntil(Infinity, storage, { every: 0 }).catch((error: unknown) => error);
      if (first !== ended) break;
      ends++;
      const results = await trainUntil(Infinity, storage, { every: 0 });
      expect(results!.map(outcome), `ended at write ${at}`).toEqual(whole.map(outcome));
    }
    expect(ends).toBeGreaterThan(5);
  });

  it.each([
    ['full', 'QuotaExceededError', /free space on the disk, or delete data/],
    ['broken', 'Error', /what the storage says, then train again/],
  ])('a storage that is %s ends the training, and what was there stays', async (what, name, remedy) => {
    const { storage, files } = memory((_, writes) => {
      if (writes === 3) throw Object.assign(new Error(`it is ${what}`), { name });
    });
    const training = trainUntil(Infinity, storage, { every: 0 });
    await expect(training).rejects.toMatchObject({
      kind: 'not-written',
      found: `it is ${what}`,
      remedy: expect.stringMatching(remedy) as string,
    });
    expect(files.size).toBe(3);
    expect((await trainUntil(Infinity, storage))!).toHaveLength(2);
  });

  it('a file that is damaged, cut off, empty or cannot be read is refused, and so is a missing best one', async () => {
    const { storage, files } = memory();
    await trainUntil(3, storage);
    const sound = files.get(last)!;
    for (const [bytes, message] of [
      [sound.map((byte, i) => (i === sound.length - 1 ? byte ^ 1 : byte)), /its tensors are damaged/],
      [sound.subarray(0, 1000), /^lr_0.02-seed0\/last.safetensors: /],
      [new Uint8Array(), /^lr_0.02-seed0\/last.safetensors: /],
    ] as const) {
      files.set(last, bytes);
      const error: unknown = await trainUntil(Infinity, storage).catch((cause: unknown) => cause);
      expect(error).toMatchObject({
        kind: 'bad-file',
        message: expect.stringMatching(message) as string,
        remedy: 'bring the file back from a copy, or train again in another place',
      });
    }
    files.set(last, sound);
    files.delete('lr_0.02-seed0/best.safetensors');
    await expect(trainUntil(Infinity, storage)).rejects.toThrow('it is not the best epoch so far');
    const read = (): Promise<never> => Promise.reject(new Error('gone'));
    await expect(trainUntil(Infinity, { ...storage, read })).rejects.toMatchObject({ kind: 'no-data' });
  });

  it('a run of another adapter resumes with `mixed`, and its checkpoints say so', async () => {
    const states = new Map<string, TrialState>();
    const controller = new AbortController();
    await train(gpu(), dataset, trials, {
      signal: controller.signal,
      onEpoch: ({ epoch }) => {
        if (epoch === 2) controller.abort();
      },
      onCheckpoint: (captured) => {
        for (const state of captured) states.set(state.trial.variant, state);
      },
    }).catch(() => undefined);
    const facts = {
      experiment: 6,
      dataset: recordedFacts(dataset),
      adapter: 'an adapter in Node',
      version: platform.versions()['wgsl-train'],
    };
    for (const state of states.values()) saveState(home, state, facts);
    const place = join(home, 'checkpoints');
    const refused: unknown = await trainUntil(Infinity, place).catch((cause: unknown) => cause);
    expect(refused).toMatchObject({
      kind: 'other-adapter',
      remedy: expect.stringContaining('give `mixed: true`') as string,
    });
    const { storage, files } = memory();
    for (const { variant } of trials) {
      const folder = trialFolder(variant, 0);
      for (const which of ['best', 'last'])
        files.set(
          `${folder}/${which}.safetensors`,
          readFileSync(join(place, folder, `${which}.safetensors`)),
        );
    }
    const results = await trainUntil(Infinity, storage, { mixed: true });
    const whole = await train(gpu(), dataset, trials);
    // It was this adapter under another name.
    expect(results!.map(outcome)).toEqual(whole.map(outcome));
    expect(parseCheckpoint(files.get(last)!, last).facts.mixed).toEqual(['an adapter in Node']);
    // From here on it is one of this adapter's.
    expect(await trainUntil(Infinity, storage)).toHaveLength(2);
  });
});

it.each<[string, unknown, CheckpointOptions]>([
  ['a storage without write', { read: () => Promise.resolve(null) }, {}],
  ['seconds that are none', 'anywhere', { every: NaN }],
])('refuses %s', async (_, place, options) => {
  const opening = checkpointsIn(place as CheckpointStorage, gpu(), dataset, options);
  await expect(opening).rejects.toMatchObject({ kind: 'usage' });
});

it('refuses a storage that gives something else than bytes', async () => {
  const { storage } = memory();
  const read = (() => Promise.resolve(new ArrayBuffer(8))) as unknown as CheckpointStorage['read'];
  await expect(trainUntil(1, { ...storage, read })).rejects.toMatchObject({
    kind: 'usage',
    found: 'ArrayBuffer',
  });
});

it('a place that cannot be made is told before the training begins', async () => {
  writeFileSync(join(home, 'file'), '');
  const opening = checkpointsIn(join(home, 'file', 'under'), gpu(), dataset);
  await expect(opening).rejects.toMatchObject({ kind: 'not-written' });
});
