import { EngineError } from '../../base/errors.js';
import { Random, streams } from '../../base/philox.js';
import { Readback, storageBuffer, write, type AdapterTraits, type Gpu } from '../../gpu/index.js';
import {
  createProgram,
  createTables,
  metricsTiles,
  planStep,
  replay,
  type Graph,
  type Plan,
  type Program,
  type Tables,
} from '../../graph/index.js';
import { packSteps, packTrials } from '../../kernels/index.js';
import { initialParameters, trainingGraph, type Mlp } from '../../model/index.js';
import { Pacer } from '../../train/pacing.js';
import type { TrainConfig } from '../../train/types.js';

/** A training step to be timed: the network, and the settings that its trials share (decoupled weight decay). */
export interface StepWork extends Pick<
  TrainConfig,
  'hidden' | 'dropout' | 'learningRate' | 'weightDecay' | 'batchSize'
> {
  /** Pixels per image. */
  readonly inputs: number;
  readonly classes: number;
}

/** A step as it would run, worked out without a device. */
export interface StepPlan {
  readonly graph: Graph;
  readonly plan: Plan;
  /** Images that the batches are gathered from. */
  readonly samples: number;
  /** Steps between two readbacks at most: places for their metrics, and records in the step table. */
  readonly slots: number;
}

/** What some steps took, from the first submit until the host has the metrics. */
export interface StepTiming {
  readonly steps: number;
  readonly ms: number;
  /** Mean loss of the last step's batch, over all trials. */
  readonly loss: number;
}

/** Batches are gathered from at least so many images, so that they are not the same bytes again and again. */
const leastSamples = 2048;

/** The step table is as long as an epoch of so many images would make it, within limits; a longer run writes it anew. */
const epochSamples = 65_536;
const [leastSlots, mostSlots] = [64, 1024];

/** The first estimate of a step's time is that of several steps, unless a single one already takes longer than this. */
const longStepMs = 100;
const estimateSteps = 4;

/**
 * @param trials how many networks train side by side, each with a seed of its own
 * @throws EngineError `usage` if the step does not fit the device
 */
export function planMeasuredStep(work: StepWork, traits: AdapterTraits, trials = 1): StepPlan {
  const { inputs, hidden, classes, dropout, batchSize: batch } = work;
  const samples = batch * Math.ceil(leastSamples / batch);
  const slots = Math.max(leastSlots, Math.min(mostSlots, Math.ceil(epochSamples / batch)));
  const mlp: Mlp = { inputs, hidden, classes, dropout: dropout > 0 };
  const graph = trainingGraph(mlp, { samples, indices: samples, batch, slots });
  return { graph, plan: planStep(graph, traits, { trials }), samples, slots };
}

/** A training step with its buffers and pipelines, on random images that are resident on the GPU. */
export class StepRunner {
  /** Steps trained since the weights were drawn. */
  private done = 0;
  private pacer = new Pacer(longStepMs);

  private constructor(
    private readonly gpu: Gpu,
    private readonly work: StepWork,
    private readonly planned: StepPlan,
    private readonly tables: Tables,
    private readonly program: Program,
    private readonly readback: Readback,
    /** Everything that it keeps on the device. */
    private readonly kept: readonly { readonly release: () => void }[],
  ) {}

  /**
   * Draws weights, images and labels, and runs every kernel, since drivers compile when a pipeline is first used.
   * @param trials how many networks train side by side
   * @throws EngineError `usage` if the step does not fit the device, or the first error of the GPU; then nothing is left on it
   */
  static async create(gpu: Gpu, work: StepWork, trials = 1): Promise<StepRunner> {
    const planned = planMeasuredStep(work, gpu.traits, trials);
    const kept: { readonly release: () => void }[] = [];
    try {
      const { buffers, tables } = makeBuffers(gpu, planned);
      const all = [...buffers.values(), tables.steps, tables.trials];
      kept.push({
        release: () => {
          for (const buffer of all) gpu.release(buffer);
        },
      });
      fillStep(gpu, work, planned, buffers, tables);
      const program = await createProgram(gpu, planned.plan, buffers, tables);
      kept.push(program);
      const metrics = buffers.get('metrics')!;
      const readback = new Readback(gpu, 'metrics', [{ buffer: metrics, offset: 0, bytes: metrics.size }]);
      kept.push(readback);
      const runner = new StepRunner(gpu, work, planned, tables, program, readback, kept);
      await runner.start();
      return runner;
    } catch (error) {
      for (const each of kept) each.release();
      throw error;
    }
  }

  private async start(): Promise<void> {
    const time = async (steps: number): Promise<number> => {
      const started = performance.now();
      for (let i = 0; i < steps; i++) this.submit(1);
      await this.readLoss();
      return (performance.now() - started) / steps;
    };
    await time(1);
    const single = await time(1);
    this.pacer = new Pacer(single > longStepMs ? single : await time(estimateSteps));
  }

  /**
   * Trains on for `steps` steps as the trainer does within an epoch: submits of about 100 ms, sleeping while the GPU works, and
   * one readback at the end.
   * @throws EngineError `interrupted`, or the first error of the GPU
   */
  async run(steps: number, signal?: AbortSignal): Promise<StepTiming> {
    const { pacer } = this;
    const started = performance.now();
    pacer.beginEpoch(started);
    for (let left = steps; left > 0;) {
      if (signal?.aborted === true) throw new EngineError('interrupted', 'interrupted between two submits');
      const count = this.submit(pacer.take(left));
      left -= count;
      pacer.submitted(count);
      await pacer.rest();
    }
    const expectedMs = pacer.remaining();
    const loss = await this.readLoss();
    const ms = performance.now() - started;
    pacer.learn(steps, ms, expectedMs, this.readback.waitedMs);
    return { steps, ms, loss };
  }

  /** Submits `most` steps, or as many as the step table still holds. @returns how many */
  private submit(most: number): number {
    const { slots, plan } = this.planned;
    const slot = this.done % slots;
    if (slot === 0) this.writeSteps();
    const count = Math.min(most, slots - slot);
    replay(this.gpu, this.program, slot, count, plan.trials);
    this.done += count;
    return count;
  }

  private writeSteps(): void {
    const { batchSize: rows } = this.work;
    const { samples, slots } = this.planned;
    const records = Array.from({ length: slots }, (_, slot) => ({
      number: this.done + slot,
      slot,
      offset: (slot * rows) % samples,
      rows,
    }));
    write(this.gpu, this.tables.steps, new Uint8Array(packSteps(records)));
  }

  private async readLoss(): Promise<number> {
    const encoder = this.gpu.device.createCommandEncoder({ label: 'metrics' });
    this.readback.encode(encoder);
    this.gpu.device.queue.submit([encoder.finish()]);
    const [metrics] = await this.readback.read();
    const { batchSize } = this.work;
    const { slots, plan } = this.planned;
    const tiles = metricsTiles(batchSize);
    const first = ((this.done - 1) % slots) * tiles;
    // Per trial, pairs of loss sum and correct count.
    const values = new Float32Array(metrics!);
    const stride = values.length / plan.trials;
    let sum = 0;
    for (let trial = 0; trial < plan.trials; trial++)
      for (let tile = first; tile < first + tiles; tile++) sum += values[trial * stride + 2 * tile]!;
    return sum / (batchSize * plan.trials);
  }

  release(): void {
    for (const each of this.kept) each.release();
  }
}

/** The buffers that outlive a step, by name, and the tables. */
function makeBuffers(
  gpu: Gpu,
  { plan, slots }: StepPlan,
): { readonly buffers: ReadonlyMap<string, GPUBuffer>; readonly tables: Tables } {
  return gpu.allOrNone(() => {
    const outliving = plan.buffers.filter(({ storage }) => storage !== 'transient');
    const buffers = new Map(outliving.map(({ name, bytes }) => [name, storageBuffer(gpu, name, bytes)]));
    return { buffers, tables: createTables(gpu, slots) };
  });
}

/** Writes random images, labels and an order of them, each trial's initial weights, and the table of trials. */
export function fillStep(
  gpu: Gpu,
  { inputs, classes, dropout, learningRate, weightDecay }: StepWork,
  { graph, plan, samples }: StepPlan,
  buffers: ReadonlyMap<string, GPUBuffer>,
  tables: Tables,
): void {
  const random = new Random(0, streams.synthetic);
  const words = (length: number, draw: (index: number) => number): Uint32Array<ArrayBuffer> =>
    Uint32Array.from({ length }, (_, index) => draw(index));
  const stride = 4 * Math.ceil(inputs / 4);
  const pixels = new Uint8Array(words((samples * stride) / 4, () => random.uint32()).buffer);
  // Rows are padded to whole words with zeros.
  if (stride !== inputs)
    for (let row = 0; row < samples; row++) pixels.fill(0, row * stride + inputs, (row + 1) * stride);
  const labels = words(samples, () => random.below(classes));
  const order = words(samples, (index) => index);
  random.shuffle(order);
  write(gpu, buffers.get('images')!, pixels);
  write(gpu, buffers.get('labels')!, labels);
  const trials = Array.from({ length: plan.trials }, (_, index) => {
    return { index, seed: index, dropout, learningRate, weightDecay, decay: 'decoupled' } as const;
  });
  const slice = (name: string, index: number): number => (index * buffers.get(name)!.size) / trials.length;
  for (const { index, seed } of trials) {
    write(gpu, buffers.get('indices')!, order, slice('indices', index));
    write(gpu, buffers.get('parameters')!, initialParameters(graph, seed), slice('parameters', index));
  }
  write(gpu, tables.trials, new Uint8Array(packTrials(trials)));
}
