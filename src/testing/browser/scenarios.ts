/**
 * What the tests do with the library, in a page, in a worker and in Node alike: this module runs in all of
 * them, so it imports nothing, and what it takes and gives is JSON.
 */
import type { Dataset, Gpu, KernelCall, Training } from '../../index.js';

export type Library = typeof import('../../index.js');

/** What a page keeps from one scenario to the next. */
const shared = globalThis as {
  /** Its device: shaders are compiled once per device, and that is most of the work of small trainings. */
  gpu?: Gpu | undefined;
  /** The epoch that its training has finished last, for tests that wait for it. */
  epoch?: number;
  /** The training under way, for tests that resume it. */
  training?: Training;
};

async function deviceOf(library: Library): Promise<Gpu> {
  return (shared.gpu ??= await library.openGpu());
}

export interface Asked {
  /** What `resolveDataset` takes; small images made here if left out. */
  readonly data?: string;
  readonly hidden?: number[];
  readonly epochs?: number;
  readonly seeds?: number[];
  readonly batchSize?: number;
  /** Null: never stopped early. */
  readonly patience?: number | null;
}

/** What a training gave, to the bit. */
export interface Trained {
  readonly adapter: string;
  readonly weightsSha256: readonly string[];
  /** Whole safetensors files in hexadecimal, of the last weights. */
  readonly files: readonly string[];
  readonly accuracy: readonly number[];
  readonly losses: readonly (readonly number[])[];
  /** Probabilities that the first network gives for the first test images. */
  readonly probabilities: readonly number[];
  readonly kernels: readonly string[];
}

/** Trains networks with dropout side by side, and asks the first one. */
export async function training(library: Library, options: Asked = {}): Promise<Trained> {
  const gpu = await deviceOf(library);
  const dataset = await dataOf(library, options);
  const trials = trialsOf(library, options);
  const weights: ReturnType<Library['fromSafetensors']>[] = [];
  const results = await library.train(gpu, dataset, trials, {
    onWeights: ({ last }) => weights.push(last.parameters),
  });
  const size = dataset.rows * dataset.columns;
  const asked = await library.predict(gpu, weights[0]!, dataset.test.pixels.subarray(0, 3 * size));
  return {
    adapter: gpu.description,
    weightsSha256: results.map((each) => each.weightsSha256),
    files: weights.map((each) => hexOf(library.toSafetensors(each))),
    accuracy: results.map((each) => each.test.accuracy),
    losses: results.map(({ history }) => history.map((each) => each.train.loss)),
    probabilities: [...asked.probabilities],
    kernels: results[0]!.kernels.training,
  };
}

/** Each class lights rows of its own, under noise. */
async function dataOf(library: Library, { data }: Asked): Promise<Dataset> {
  if (data !== undefined) return library.resolveDataset(data);
  const [count, side, classes] = [300, 12, 5];
  let noise = 1;
  const images = Uint8Array.from({ length: count * side * side }, (_, i) => {
    noise = (Math.imul(noise, 1_103_515_245) + 12_345) >>> 0;
    const [image, row] = [Math.floor(i / (side * side)), Math.floor(i / side) % side];
    return (row % classes === image % classes ? 120 : 0) + (noise >>> 25);
  });
  const labels = Array.from({ length: count }, (_, image) => image % classes);
  return library.createDataset({ images, labels, rows: side, columns: side, name: 'lit rows' });
}

function trialsOf(library: Library, options: Asked): ReturnType<Library['createTrial']>[] {
  const { hidden = [24, 16], epochs = 2, seeds = [0, 1], batchSize = 32, patience = 10 } = options;
  return seeds.map((seed) =>
    library.createTrial({
      name: 'small',
      seed,
      hidden,
      dropout: 0.25,
      weightDecay: 0.01,
      epochs,
      batchSize,
      lrSchedule: 'cosine',
      patience,
    }),
  );
}

function hexOf(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** Where a training is kept: a folder of OPFS; and what a test sees of it while it runs. */
export interface KeptTraining extends Asked {
  /** Null: no checkpoints. */
  readonly place: string | null;
  /** As `checkpointsIn` takes it. */
  readonly mixed?: boolean;
  /** The epoch after which it is stopped. */
  readonly stopAfter?: number;
  /** The epoch after which it pauses, until it is resumed or the page is gone. */
  readonly pauseAfter?: number;
}

/** What a training that may have been resumed gave. */
export interface Kept {
  /** The first epoch that this call trained. */
  readonly first: number;
  readonly weightsSha256: readonly string[];
}

/** Trains with a checkpoint after every epoch, and resumes from those that are there. */
export async function kept(library: Library, options: KeptTraining = { place: null }): Promise<Kept> {
  const { place, epochs = 5, hidden = [16], seeds = [0], mixed = false } = options;
  const stop = new AbortController();
  shared.epoch = 0;
  const gpu = await deviceOf(library);
  const dataset = await dataOf(library, options);
  let first = 0;
  try {
    const checkpoints =
      place === null ? {} : await library.checkpointsIn(place, gpu, dataset, { every: 0, mixed });
    const trials = trialsOf(library, { ...options, hidden, seeds, epochs });
    const training = library.startTraining(gpu, dataset, trials, {
      ...checkpoints,
      signal: stop.signal,
      onEpoch: ({ epoch }) => {
        first ||= epoch;
        shared.epoch = epoch;
        if (epoch === options.stopAfter) stop.abort();
        if (epoch === options.pauseAfter) training.pause();
      },
    });
    shared.training = training;
    const results = await training.result;
    return { first, weightsSha256: results.map((each) => each.weightsSha256) };
  } catch (error) {
    const { kind } = error as { kind?: string };
    if (kind === 'device-lost') shared.gpu = undefined;
    if (kind === 'interrupted' && options.stopAfter !== undefined) return { first, weightsSha256: [] };
    throw error;
  }
}

/** What the product's own check of a training's kernels says. */
export interface Checked {
  readonly kernels: readonly string[];
  readonly compared: number;
  readonly worstShare: number;
}

/** Runs the product's own check. @param options `dist`: where the modules of dist/ are */
export async function check(library: Library, options: { dist: string } = { dist: '' }): Promise<Checked> {
  const load = async <T>(path: string): Promise<T> => (await import(`${options.dist}${path}`)) as T;
  const { engineGpu } = await load<typeof import('../../library/engine-gpu.js')>('library/engine-gpu.js');
  const { planTraining } =
    await load<typeof import('../../train/plan-training.js')>('train/plan-training.js');
  const { selfCheck } = await load<typeof import('../../check/self-check.js')>('check/self-check.js');
  const gpu = await deviceOf(library);
  const engine = engineGpu(gpu);
  const dataset = await dataOf(library, {});
  const training = planTraining(engine.traits, dataset, trialsOf(library, {}), { fuse: true });
  const { kernels, compared, worstShare } = await selfCheck(engine, training);
  return { kernels: kernels.map(({ kernel }) => kernel), compared, worstShare };
}

/** Kernels by name with what they wrote. */
export type KernelAnswers = Readonly<Record<string, readonly number[]>>;

/** Runs some kernels on numbers that are not round, made without functions that engines round differently. */
export async function kernels(library: Library): Promise<KernelAnswers> {
  const wave = (count: number, step: number): Float32Array =>
    Float32Array.from({ length: count }, (_, i) => (((i + 1) * step) % 101) / 43 - 1.1);
  const shape = [9, 7] as const;
  const z = { shape, data: wave(63, 37) };
  const labels = { shape: [9], data: Uint32Array.from({ length: 9 }, (_, i) => i % 7) } as const;
  const calls: readonly (readonly [string, string, KernelCall])[] = [
    ['relu_forward', 'y', { inputs: { x: z }, outputs: { y: shape } }],
    [
      'dense_forward',
      'y',
      {
        inputs: { x: z, w: { shape: [7, 5], data: wave(35, 29) }, b: { shape: [5], data: wave(5, 53) } },
        outputs: { y: [9, 5] },
      },
    ],
    [
      'softmax_cross_entropy',
      'dz',
      { inputs: { z, labels }, outputs: { dz: shape, loss: [9], predicted: [9] } },
    ],
    [
      'adamw',
      'w',
      {
        inputs: {
          g: { shape: [63], data: wave(63, 17) },
          w: { shape: [63], data: wave(63, 71) },
          m: { shape: [63], data: new Float32Array(63) },
          v: { shape: [63], data: new Float32Array(63) },
        },
        step: { number: 0 },
        trial: { learningRate: 0.01, weightDecay: 0.1 },
      },
    ],
  ];
  const gpu = await deviceOf(library);
  const answers: Record<string, readonly number[]> = {};
  for (const [name, operand, call] of calls)
    answers[name] = [...(await library.runKernel(gpu, name, call)).f32(operand)];
  return answers;
}

/** What of the library is compared to the bit. */
export interface Everything {
  readonly trained: Trained;
  readonly checked: Checked;
  readonly answers: KernelAnswers;
}

/** A training, the check of its kernels, and some kernels. @param options as for `check` */
export async function everything(library: Library, options?: { dist: string }): Promise<Everything> {
  return {
    trained: await training(library),
    checked: await check(library, options),
    answers: await kernels(library),
  };
}

/** A data set to be read: files by their paths, in base64, or a URL. */
export interface DataSource {
  readonly files?: Readonly<Record<string, string>>;
  readonly url?: string;
}

/** What a data set is. */
export type DataFacts = Pick<Dataset, 'name' | 'sha256' | 'rows' | 'columns' | 'classNames' | 'notice'>;

/** Reads a data set as a page does that was given files. */
export async function data(library: Library, { files, url }: DataSource = {}): Promise<DataFacts> {
  const given = Object.entries(files ?? {}).map(([path, base64]) => {
    const content = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
    const file = new File([content], path.slice(path.lastIndexOf('/') + 1));
    return {
      name: file.name,
      webkitRelativePath: path,
      size: file.size,
      arrayBuffer: () => file.arrayBuffer(),
    };
  });
  const set = await library.resolveDataset(url ?? given);
  const { name, sha256, rows, columns, classNames, notice } = set;
  return { name, sha256, rows, columns, classNames, ...(notice !== undefined && { notice }) };
}
