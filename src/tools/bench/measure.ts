import { EngineError } from '../../base/errors.js';
import { Random, streams } from '../../base/philox.js';
import type { AdapterTraits, Gpu, Readback } from '../../gpu/index.js';
import {
  createSession,
  largestPlanned,
  metricsTiles,
  plainTrial,
  planStep,
  replay,
  type Graph,
  type Plan,
  type Program,
  type Session,
} from '../../graph/index.js';
import { padded, padRows, unpadRows, type TrialRecord } from '../../kernels/index.js';
import { initialParameters, trainingGraph, type Mlp } from '../../model/index.js';
import { Pacer } from '../../train/pacing.js';
import type { TrainConfig } from '../../train/types.js';

/** A training step to be timed: the network, and what its trials share. Weight decay is decoupled. */
export interface StepWork extends Pick<TrainConfig, 'hidden' | 'learningRate' | 'weightDecay' | 'batchSize'> {
  /** After the first hidden layer. */
  readonly dropout: number;
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

/** The step table holds an epoch of so many images, within limits; a longer run writes it again. */
const epochSamples = 65_536;
const [leastSlots, mostSlots] = [64, 1024];

/** The first estimate of a step's time is over several steps, unless a single one takes longer than this. */
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
    private readonly session: Session,
    private readonly work: StepWork,
    private readonly planned: StepPlan,
    private readonly program: Program,
    private readonly readback: Readback,
  ) {}

  /**
   * Draws weights, images and labels, and runs every kernel: drivers compile at the first use.
   * @param trials how many networks train side by side
   * @throws EngineError `usage` if the step does not fit the device, or the first error of the GPU; then
   *   nothing is left on it
   */
  static async create(opened: Gpu, work: StepWork, trials = 1): Promise<StepRunner> {
    const planned = planMeasuredStep(work, opened.traits, trials);
    const gpu = await opened.forBuffers(largestPlanned([planned.plan]));
    return createSession(gpu, { steps: planned.slots, trials }, async (session) => {
      const program = await session.program(planned.plan);
      fillStep(session, work, planned);
      session.writeTrials(trialsOf(work, trials));
      const readback = session.readback('metrics', ['metrics']);
      const runner = new StepRunner(session, work, planned, program, readback);
      await runner.start();
      return runner;
    });
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
   * Trains on for `steps` steps as the trainer does within an epoch: submits of about 100 ms, sleeping while
   * the GPU works, and one readback at the end.
   * @throws EngineError `interrupted`, or the first error of the GPU
   */
  async run(steps: number, signal?: AbortSignal): Promise<StepTiming> {
    const { pacer } = this;
    const started = performance.now();
    pacer.beginEpoch(started);
    await pacer.submitSteps(steps, (_, most) => {
      if (signal?.aborted === true) throw new EngineError('interrupted', 'interrupted between two submits');
      return this.submit(most);
    });
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
    replay(this.session.gpu, this.program, slot, count, plan.trials);
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
    this.session.writeSteps(records);
  }

  private async readLoss(): Promise<number> {
    const [metrics] = await this.readback.copyAndRead();
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
    this.session.release();
  }
}

/** The trials of a step, each with a seed of its own. */
export function trialsOf({ dropout, learningRate, weightDecay }: StepWork, count: number): TrialRecord[] {
  return Array.from({ length: count }, (_, index) => {
    return { ...plainTrial, index, seed: index, dropout, learningRate, weightDecay };
  });
}

/** Writes random images, labels and an order of them, and each trial's initial weights. */
export function fillStep(
  session: Session,
  { inputs, classes }: StepWork,
  { graph, plan, samples }: StepPlan,
): void {
  const random = new Random(0, streams.synthetic);
  const words = (length: number, draw: (index: number) => number): Uint32Array<ArrayBuffer> =>
    Uint32Array.from({ length }, (_, index) => draw(index));
  const stride = padded(inputs);
  const pixels = new Uint8Array(words((samples * stride) / 4, () => random.uint32()).buffer);
  const labels = words(samples, () => random.below(classes));
  const order = words(samples, (index) => index);
  random.shuffle(order);
  // What was drawn for the padding gives way to zeros.
  session.write('images', padRows(unpadRows(pixels, inputs), inputs));
  session.write('labels', labels);
  for (let trial = 0; trial < plan.trials; trial++) {
    session.write('indices', order, trial);
    session.write('parameters', initialParameters(graph, trial), trial);
  }
}
