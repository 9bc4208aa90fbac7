import { EngineError } from '../base/errors.js';
import type { Pixels } from '../data/dataset.js';
import { parametersOf, requireChain, type DenseLayer } from '../formats/dense.js';
import { Readback, type Gpu } from '../gpu/index.js';
import {
  firstStep,
  largestPlanned,
  plainTrial,
  planStep,
  replay,
  withSession,
  type Plan,
  type Session,
} from '../graph/index.js';
import { padRows, padded, unpadRows } from '../kernels/index.js';
import { inferenceGraph, packParameters } from '../model/index.js';

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
 * @param images [n, inputs], bytes, of which the network sees byte / 255, or f32 features as they are
 * @returns [n, classes]
 * @throws EngineError `bug` (no network, or images of another size), `usage` if it does not fit the device,
 *   `diverged` if a logit is not finite, `interrupted`, or the first error of the GPU
 */
export async function inferLogits(
  opened: Gpu,
  layers: readonly DenseLayer[],
  images: Pixels,
  options: InferOptions = {},
): Promise<Float32Array> {
  requireChain(layers);
  const inputs = layers[0]!.inputs;
  const classes = layers.at(-1)!.outputs;
  const count = images.length / inputs;
  if (!Number.isInteger(count))
    throw new EngineError('bug', 'These are not images for this network', {
      found: `${images.length} numbers`,
      expected: `a multiple of ${inputs}, the inputs of its first layer`,
    });
  const logits = new Float32Array(count * classes);
  if (count === 0) return logits;

  const rows = Math.min(options.batch ?? standardBatch, count);
  const hidden = layers.slice(0, -1).map(({ outputs }) => outputs);
  const features = images instanceof Float32Array;
  const forward = inferenceGraph({ inputs, hidden, classes, dropout: false, features }, rows);
  const plan = planStep(forward.graph, opened.traits, { trials: 1, fuse: options.fuse ?? true });
  const gpu = await opened.forBuffers(largestPlanned([plan]));
  await withSession(gpu, {}, async (session) => {
    const infer = await prepareForward(session, layers, forward, plan);
    for (let first = 0; first < count; first += rows) {
      if (options.signal?.aborted === true)
        throw new EngineError('interrupted', 'interrupted between two batches');
      const batch = images.subarray(first * inputs, Math.min(first + rows, count) * inputs);
      logits.set(await infer(batch), first * classes);
    }
  });
  requireFinite(logits, classes);
  return logits;
}

/** @returns the forward pass of a batch: whole images, at most as many as the graph has samples */
async function prepareForward(
  session: Session,
  layers: readonly DenseLayer[],
  { graph, logits }: ReturnType<typeof inferenceGraph>,
  plan: Plan,
): Promise<(batch: Pixels) => Promise<Float32Array>> {
  const { gpu } = session;
  const inputs = layers[0]!.inputs;
  const { rows, columns: classes } = logits;
  const program = await session.program(plan);
  const values = new Map(
    Array.from(parametersOf(layers), ([name, { data }]) => [name, data as Float32Array] as const),
  );
  session.write('parameters', packParameters(graph, values));
  const order = Uint32Array.from({ length: rows }, (_, index) => index);
  session.write('indices', order);
  session.writeTrials([plainTrial]);
  const stride = padded(classes);
  const output = { buffer: program.bufferOf(logits), offset: 0, bytes: 4 * rows * stride };
  const readback = session.own(new Readback(gpu, 'logits', [output]));
  return async (batch) => {
    const count = batch.length / inputs;
    session.write('images', padRows(batch, inputs));
    session.writeSteps([{ ...firstStep, rows: count }]);
    replay(gpu, program, 0, 1, 1);
    const [bytes] = await readback.copyAndRead();
    return new Float32Array(unpadRows(new Float32Array(bytes!, 0, count * stride), classes).buffer);
  };
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
