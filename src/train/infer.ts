import { EngineError } from '../base/errors.js';
import { parametersOf, requireChain, type DenseLayer } from '../formats/dense.js';
import { Readback, storageBuffer, write, type Gpu } from '../gpu/index.js';
import { createProgram, createTables, planStep, replay, type Graph } from '../graph/index.js';
import { packSteps, packTrials, padded } from '../kernels/index.js';
import { inferenceGraph, packParameters } from '../model/index.js';
import { padRows } from './samples.js';

export { softmax } from './logits.js';

export interface InferOptions {
  /** Images per batch at most (default 1024): bounds the memory on the GPU. */
  readonly batch?: number;
  /** false runs every op as a kernel of its own; both ways agree within the kernels' bounds. */
  readonly fuse?: boolean;
  /** Aborting stops between two batches. */
  readonly signal?: AbortSignal;
}

const standardBatch = 1024;

/**
 * Logits of images on the GPU: the forward pass as in training, without dropout.
 * @param layers the network, ReLU between its layers
 * @param images [n, inputs], a byte per pixel; the network sees pixel / 255
 * @returns [n, classes]
 * @throws EngineError `bug` (no network, or images of another size), `usage` if it does not fit the device, `diverged` if a
 *   logit is not finite, `interrupted`, or the first error of the GPU
 */
export async function inferLogits(
  gpu: Gpu,
  layers: readonly DenseLayer[],
  images: Uint8Array,
  options: InferOptions = {},
): Promise<Float32Array> {
  requireChain(layers);
  const inputs = layers[0]!.inputs;
  const classes = layers.at(-1)!.outputs;
  const count = images.length / inputs;
  if (!Number.isInteger(count))
    throw new EngineError('bug', 'These are not images for this network', {
      found: `${images.length} bytes`,
      expected: `a multiple of ${inputs}, the inputs of its first layer`,
    });
  const logits = new Float32Array(count * classes);
  if (count === 0) return logits;

  const rows = Math.min(options.batch ?? standardBatch, count);
  const runner = await createRunner(gpu, layers, rows, options.fuse ?? true);
  try {
    for (let first = 0; first < count; first += rows) {
      if (options.signal?.aborted === true)
        throw new EngineError('interrupted', 'interrupted between two batches');
      const batch = images.subarray(first * inputs, Math.min(first + rows, count) * inputs);
      logits.set(await runner.run(batch), first * classes);
    }
  } finally {
    runner.release();
  }
  requireFinite(logits, classes);
  return logits;
}

interface Runner {
  /** @param batch whole images, at most as many as the runner was made for */
  readonly run: (batch: Uint8Array) => Promise<Float32Array>;
  readonly release: () => void;
}

async function createRunner(
  gpu: Gpu,
  layers: readonly DenseLayer[],
  rows: number,
  fuse: boolean,
): Promise<Runner> {
  const inputs = layers[0]!.inputs;
  const classes = layers.at(-1)!.outputs;
  const hidden = layers.slice(0, -1).map(({ outputs }) => outputs);
  const { graph, logits } = inferenceGraph({ inputs, hidden, classes, dropout: false }, rows);
  const plan = planStep(graph, gpu.traits, { trials: 1, fuse });

  const tables = createTables(gpu, 1);
  const given = new Map<string, GPUBuffer>();
  const owned: { release: () => void }[] = [];
  const release = (): void => {
    for (const each of owned.toReversed()) each.release();
    for (const buffer of [...given.values(), tables.steps, tables.trials]) gpu.release(buffer);
  };
  try {
    for (const { name, storage, bytes } of plan.buffers)
      if (storage !== 'transient') given.set(name, storageBuffer(gpu, name, bytes));
    fill(gpu, layers, graph, given, rows);
    write(gpu, tables.trials, new Uint8Array(packTrials([settings])));
    const program = await createProgram(gpu, plan, given, tables);
    owned.push(program);
    const output = program.bufferOf(logits);
    const stride = padded(classes);
    const readback = new Readback(gpu, 'logits', [{ buffer: output, offset: 0, bytes: 4 * rows * stride }]);
    owned.push(readback);
    return {
      run: async (batch) => {
        const count = batch.length / inputs;
        write(gpu, given.get('images')!, padRows(batch, count, inputs, 4 * Math.ceil(inputs / 4)));
        const step = { number: 0, slot: 0, offset: 0, rows: count };
        write(gpu, tables.steps, new Uint8Array(packSteps([step])));
        replay(gpu, program, 0, 1, 1);
        const encoder = gpu.device.createCommandEncoder({ label: 'logits' });
        readback.encode(encoder);
        gpu.device.queue.submit([encoder.finish()]);
        const [bytes] = await readback.read();
        const found = new Float32Array(bytes!);
        const values = new Float32Array(count * classes);
        for (let row = 0; row < count; row++)
          values.set(found.subarray(row * stride, row * stride + classes), row * classes);
        return values;
      },
      release,
    };
  } catch (error) {
    release();
    throw error;
  }
}

/** Of these only the index means something to a forward pass without dropout. */
const settings = {
  index: 0,
  seed: 0,
  dropout: 0,
  learningRate: 0,
  weightDecay: 0,
  decay: 'decoupled',
} as const;

/** Writes what does not change from batch to batch: the parameters, and the batch's order, which is that of the images. */
function fill(
  gpu: Gpu,
  layers: readonly DenseLayer[],
  graph: Graph,
  given: ReadonlyMap<string, GPUBuffer>,
  rows: number,
): void {
  const values = new Map(
    Array.from(parametersOf(layers), ([name, { data }]) => [name, data as Float32Array] as const),
  );
  write(gpu, given.get('parameters')!, packParameters(graph, values));
  write(
    gpu,
    given.get('indices')!,
    Uint32Array.from({ length: rows }, (_, index) => index),
  );
}

function requireFinite(logits: Float32Array, classes: number): void {
  const at = logits.findIndex((value) => !Number.isFinite(value));
  if (at < 0) return;
  throw new EngineError('diverged', 'the network gives a logit that is not finite', {
    found: `${logits[at]} for class ${at % classes} of image ${Math.floor(at / classes)}`,
    expected: 'finite logits',
    remedy: 'its parameters are not finite, or too large: train it again with a smaller learning rate',
  });
}
