import { EngineError } from '../base/errors.js';
import { allSettled } from '../base/settle.js';
import type { Dataset } from '../data/dataset.js';
import { Readback, readBuffer, storageBuffer, write, type Gpu } from '../gpu/index.js';
import {
  createProgram,
  createTables,
  metricsTiles,
  replay,
  type Plan,
  type Program,
  type Tables,
} from '../graph/index.js';
import { elements, packSteps, packTrials, stepStride } from '../kernels/index.js';
import { initialParameters } from '../model/index.js';
import type { Samples } from './samples.js';
import type { GroupPlan } from './setup.js';
import { passOver } from './steps.js';
import type { Trial } from './types.js';

/** Loss sum and correct count of one batch. */
export interface BatchMetrics {
  readonly loss: number;
  readonly correct: number;
}

/** What an epoch leaves on the GPU, read back with one wait; outer index: the trial. */
export interface EpochReadback {
  readonly train: readonly (readonly BatchMetrics[])[];
  readonly evaluation: readonly (readonly BatchMetrics[])[];
  /** Trials whose parameters hold a NaN or an infinity. */
  readonly nonfinite: readonly boolean[];
  /** Milliseconds that the host had to wait for it. */
  readonly waitedMs: number;
}

/** Everything that a group of trials keeps on the GPU: its programs and the buffers that outlive a step. */
export class Workspace {
  private constructor(
    private readonly gpu: Gpu,
    private readonly group: GroupPlan,
    private readonly trials: readonly Trial[],
    private readonly buffers: ReadonlyMap<string, GPUBuffer>,
    private readonly tables: Tables,
    private readonly readback: Readback,
    readonly training: Program,
    readonly evaluation: Program,
    readonly check: Program,
  ) {}

  /**
   * Makes buffers and compiles pipelines; initial weights are drawn per trial.
   * @throws the first error of the GPU; then nothing is left on it
   */
  static async create(
    gpu: Gpu,
    dataset: Dataset,
    samples: Samples,
    group: GroupPlan,
    trials: readonly Trial[],
  ): Promise<Workspace> {
    const releases: (() => void)[] = [];
    try {
      return await Workspace.build(gpu, dataset, samples, group, trials, releases);
    } catch (error) {
      for (const release of releases) release();
      throw error;
    }
  }

  /** @param releases takes what undoes each step of it */
  private static async build(
    gpu: Gpu,
    dataset: Dataset,
    samples: Samples,
    group: GroupPlan,
    trials: readonly Trial[],
    releases: (() => void)[],
  ): Promise<Workspace> {
    const { sizes, training } = group;
    const count = trials.length;
    const slice = 4 * elements(training.graph.arenas!.parameters);
    const make = (label: string, bytes: number): GPUBuffer => {
      const buffer = storageBuffer(gpu, label, bytes);
      releases.push(() => {
        gpu.release(buffer);
      });
      return buffer;
    };
    const evaluationSlots = sizes.validationSteps + sizes.testSteps;
    const shared = new Map([
      ['images', samples.images],
      ['labels', samples.labels],
      ['parameters', make('parameters', count * slice)],
      ['first_moments', make('first moments', count * slice)],
      ['second_moments', make('second moments', count * slice)],
      ['flags', make('flags', 16 * count)],
      ['selected', make('selected parameters', count * slice)],
      ['training indices', make('training indices', indexBytes(sizes.train) * count)],
      ['evaluation indices', make('evaluation indices', indexBytes(sizes.validation + sizes.test) * count)],
      ['training metrics', make('training metrics', metricBytes(sizes.trainSteps, sizes.batch) * count)],
      [
        'evaluation metrics',
        make('evaluation metrics', metricBytes(evaluationSlots, sizes.evaluationBatch) * count),
      ],
      ['confusion', make('confusion', 4 * Math.ceil(dataset.classes ** 2 / 4) * 4 * count)],
    ]);
    if (training.plan.buffers.some(({ name }) => name === 'gradients')) {
      shared.set('gradients', make('gradients', count * slice));
    }
    const own = (part: 'training' | 'evaluation'): Map<string, GPUBuffer> =>
      new Map([
        ...shared,
        ['indices', shared.get(`${part} indices`)!],
        ['metrics', shared.get(`${part} metrics`)!],
      ]);
    const tables = createTables(gpu, sizes.trainSteps + evaluationSlots);
    releases.push(() => {
      gpu.release(tables.steps);
      gpu.release(tables.trials);
    });
    const program = async (plan: Plan, given: ReadonlyMap<string, GPUBuffer>): Promise<Program> => {
      const made = await createProgram(gpu, plan, given, tables);
      releases.push(made.release);
      return made;
    };
    const [trainingProgram, evaluation, check] = await allSettled([
      program(training.plan, own('training')),
      program(group.evaluation.plan, own('evaluation')),
      program(group.check.plan, shared),
    ]);
    const readback = new Readback(
      gpu,
      'epoch',
      ['training metrics', 'evaluation metrics', 'flags'].map((name) => {
        const buffer = shared.get(name)!;
        return { buffer, offset: 0, bytes: buffer.size };
      }),
    );
    const workspace = new Workspace(
      gpu,
      group,
      trials,
      shared,
      tables,
      readback,
      trainingProgram,
      evaluation,
      check,
    );
    workspace.writeEvaluationSteps();
    return workspace;
  }

  /**
   * Runs every program before training begins, since drivers compile when a pipeline is first used; then draws the initial
   * weights and clears the moments.
   * @returns milliseconds per training step
   */
  async start(): Promise<number> {
    const { gpu, trials } = this;
    this.writeTrials(trials.map((_, index) => index));
    this.writeTrainingSteps(0);
    const run = async (steps: number): Promise<number> => {
      const started = performance.now();
      for (let i = 0; i < steps; i++) replay(gpu, this.training, 0, 1, trials.length);
      const encoder = gpu.device.createCommandEncoder({ label: 'start' });
      if (steps === 1) this.encodeEvaluation(encoder, 'validation', trials.length);
      else this.readback.encode(encoder);
      gpu.device.queue.submit([encoder.finish()]);
      await this.read();
      return (performance.now() - started) / steps;
    };
    await run(1);
    const stepMs = await run(4);
    const encoder = gpu.device.createCommandEncoder({ label: 'clear moments' });
    encoder.clearBuffer(this.buffer('first_moments'));
    encoder.clearBuffer(this.buffer('second_moments'));
    gpu.device.queue.submit([encoder.finish()]);
    const { graph } = this.group.training;
    trials.forEach(({ seed }, index) => {
      const slice = initialParameters(graph, seed);
      write(gpu, this.buffer('parameters'), slice, index * slice.byteLength);
    });
    return stepMs;
  }

  buffer(name: string): GPUBuffer {
    const buffer = this.buffers.get(name);
    if (buffer === undefined) throw new EngineError('bug', `the workspace has no buffer "${name}"`);
    return buffer;
  }

  /** Says which trials train on: slot k of every dispatch works on trial `active[k]`. */
  writeTrials(active: readonly number[]): void {
    const records = active.map((index) => {
      const { seed, config } = this.trials[index]!;
      const { dropout, learningRate, weightDecay, decay } = config;
      return { index, seed, dropout, learningRate, weightDecay, decay };
    });
    write(this.gpu, this.tables.trials, new Uint8Array(packTrials(records)));
  }

  /** One epoch's order of samples for one trial. */
  writeTrainingOrder(index: number, order: Uint32Array<ArrayBuffer>): void {
    write(this.gpu, this.buffer('training indices'), order, index * indexBytes(order.length));
  }

  /** Validation images, then all test images; the latter lie behind the training images in the data set's buffer. */
  writeEvaluationOrder(index: number, validation: Uint32Array, trainCount: number): void {
    const { test } = this.group.sizes;
    const order = new Uint32Array(validation.length + test);
    order.set(validation);
    for (let i = 0; i < test; i++) order[validation.length + i] = trainCount + i;
    write(this.gpu, this.buffer('evaluation indices'), order, index * indexBytes(order.length));
  }

  /** The step records of an epoch. @param first number of its first optimiser step, counted from 0 over the run */
  writeTrainingSteps(first: number): void {
    const { train, batch } = this.group.sizes;
    write(this.gpu, this.tables.steps, new Uint8Array(packSteps(passOver(train, batch, first))));
  }

  /** Evaluation steps lie behind the training steps in the table and never change. */
  private writeEvaluationSteps(): void {
    const { validation, test, evaluationBatch, trainSteps, validationSteps } = this.group.sizes;
    const records = [
      ...passOver(validation, evaluationBatch, 0),
      ...passOver(test, evaluationBatch, 0, validation, validationSteps),
    ];
    write(this.gpu, this.tables.steps, new Uint8Array(packSteps(records)), trainSteps * stepStride);
  }

  /**
   * Records an evaluation of the validation or the test set, and the check of all parameters.
   * @param timing the descriptor of the pass, where it is timed
   */
  encodeEvaluation(
    encoder: GPUCommandEncoder,
    part: 'validation' | 'test',
    active: number,
    timing?: GPUComputePassDescriptor,
  ): void {
    const { trainSteps, validationSteps, testSteps } = this.group.sizes;
    const first = trainSteps + (part === 'test' ? validationSteps : 0);
    const count = part === 'test' ? testSteps : validationSteps;
    encoder.clearBuffer(this.buffer('confusion'));
    encoder.clearBuffer(this.buffer('flags'));
    const pass = encoder.beginComputePass(timing);
    for (let step = first; step < first + count; step++) this.evaluation.encode(pass, step, active);
    this.check.encode(pass, first, active);
    pass.end();
    this.readback.encode(encoder);
  }

  /** Copies trials' parameters: `parameters` to `selected` after an epoch that counts, and back for the test set. */
  encodeCopy(encoder: GPUCommandEncoder, from: 'parameters' | 'selected', trials: readonly number[]): void {
    const source = this.buffer(from);
    const target = this.buffer(from === 'selected' ? 'parameters' : 'selected');
    const slice = source.size / this.trials.length;
    for (const index of trials) {
      encoder.copyBufferToBuffer(source, index * slice, target, index * slice, slice);
    }
  }

  /** Waits for the epoch. */
  async read(): Promise<EpochReadback> {
    const [train, evaluation, flags] = await this.readback.read();
    const words = new Uint32Array(flags!);
    return {
      train: this.metrics(train!, this.group.sizes.batch),
      evaluation: this.metrics(evaluation!, this.group.sizes.evaluationBatch),
      nonfinite: this.trials.map((_, index) => words[4 * index] !== 0),
      waitedMs: this.readback.waitedMs,
    };
  }

  /** Adds up the tiles of each batch. */
  private metrics(data: ArrayBuffer, batch: number): BatchMetrics[][] {
    const losses = new Float32Array(data);
    const counts = new Uint32Array(data);
    const stride = losses.length / this.trials.length;
    const tiles = metricsTiles(batch);
    return this.trials.map((_, trial) =>
      Array.from({ length: Math.floor(stride / (2 * tiles)) }, (__, slot) => {
        let loss = 0;
        let correct = 0;
        for (let tile = 0; tile < tiles; tile++) {
          const at = trial * stride + 2 * (slot * tiles + tile);
          loss += losses[at]!;
          correct += counts[at + 1]!;
        }
        return { loss, correct };
      }),
    );
  }

  /** One trial's slice of the parameter arena, or of the copy that was kept of it. */
  async readParameters(
    index: number,
    from: 'parameters' | 'selected' = 'parameters',
  ): Promise<Float32Array<ArrayBuffer>> {
    const buffer = this.buffer(from);
    const slice = buffer.size / this.trials.length;
    return new Float32Array(await readBuffer(this.gpu, buffer, index * slice, slice));
  }

  /** Each trial's counts, `[actual][predicted]`, of the last evaluation. */
  async readConfusion(classes: number): Promise<number[][][]> {
    const counts = new Uint32Array(await readBuffer(this.gpu, this.buffer('confusion')));
    const stride = counts.length / this.trials.length;
    return this.trials.map((_, trial) =>
      Array.from({ length: classes }, (__, actual) => {
        const at = trial * stride + actual * classes;
        return [...counts.subarray(at, at + classes)];
      }),
    );
  }

  release(): void {
    for (const program of [this.training, this.evaluation, this.check]) program.release();
    for (const [name, buffer] of this.buffers) {
      if (name !== 'images' && name !== 'labels') this.gpu.release(buffer);
    }
    this.gpu.release(this.tables.steps);
    this.gpu.release(this.tables.trials);
    this.readback.release();
  }
}

/** Vectors are padded to four elements, per trial. */
const indexBytes = (length: number): number => 4 * Math.ceil(length / 4) * 4;
const metricBytes = (slots: number, batch: number): number =>
  4 * Math.ceil((2 * slots * metricsTiles(batch)) / 4) * 4;
