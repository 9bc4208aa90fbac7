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
import { packSteps, packTrials, stepStride } from '../kernels/index.js';
import { CheckFlags, type Places } from './finite-check.js';
import type { Samples } from './samples.js';
import type { GroupPlan } from './plan-training.js';
import { StateBuffers } from './state-buffers.js';
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
  /** NaN and infinities in parameters and moments. */
  readonly nonfinite: Places;
  /** Those that were there before the first step. */
  readonly nonfiniteAtStart: Places;
  /** Milliseconds that the host had to wait for it. */
  readonly waitedMs: number;
}

/** Everything that a group of trials keeps on the GPU: its programs and the buffers that outlive a step. */
export class Workspace {
  private constructor(
    private readonly gpu: Gpu,
    private readonly group: GroupPlan,
    private readonly trials: readonly Trial[],
    readonly state: StateBuffers,
    private readonly flags: CheckFlags,
    private readonly buffers: ReadonlyMap<string, GPUBuffer>,
    private readonly tables: Tables,
    private readonly readback: Readback,
    readonly training: Program,
    readonly evaluation: Program,
    readonly check: Program,
    /** Undoes each step of its making. */
    private readonly releases: readonly (() => void)[],
  ) {}

  /**
   * Makes buffers and compiles pipelines.
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
    const make = (label: string, bytes: number): GPUBuffer => {
      const buffer = storageBuffer(gpu, label, bytes);
      releases.push(() => {
        gpu.release(buffer);
      });
      return buffer;
    };
    const evaluationSlots = sizes.validationSteps + sizes.testSteps;
    const state = new StateBuffers(gpu, training.graph, count, make);
    const flags = new CheckFlags(group.check.graph, count, make);
    const shared = new Map([
      ['images', samples.images],
      ['labels', samples.labels],
      ...state.named(),
      ...flags.named(),
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
      shared.set('gradients', make('gradients', shared.get('parameters')!.size));
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
      [shared.get('training metrics')!, shared.get('evaluation metrics')!, ...flags.buffers()].map(
        (buffer) => {
          return { buffer, offset: 0, bytes: buffer.size };
        },
      ),
    );
    releases.push(() => {
      readback.release();
    });
    const workspace = new Workspace(
      gpu,
      group,
      trials,
      state,
      flags,
      shared,
      tables,
      readback,
      trainingProgram,
      evaluation,
      check,
      releases,
    );
    workspace.writeEvaluationSteps();
    return workspace;
  }

  /**
   * Runs every program before training begins, since drivers compile when a pipeline is first used. Parameters and moments hold no
   * state after it.
   * @returns milliseconds per training step
   */
  async warmUp(): Promise<number> {
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
    return run(4);
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
   * Records an evaluation of the validation or the test set, and the check of parameters and moments.
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
    this.flags.encodeClear(encoder);
    const pass = encoder.beginComputePass(timing);
    for (let step = first; step < first + count; step++) this.evaluation.encode(pass, step, active);
    this.check.encode(pass, first, active);
    pass.end();
    this.readback.encode(encoder);
  }

  /** Submits the check of what an epoch begins with; nobody waits for it before the end of the epoch. */
  submitStartCheck(active: number): void {
    const encoder = this.gpu.device.createCommandEncoder({ label: 'check at the start of an epoch' });
    this.encodeCheck(encoder, active);
    this.flags.encodeKeep(encoder);
    this.gpu.device.queue.submit([encoder.finish()]);
  }

  /** Checks parameters and moments of all trials between two steps. Waits for everything submitted. */
  async readCheck(): Promise<EpochReadback> {
    const encoder = this.gpu.device.createCommandEncoder({ label: 'check' });
    this.writeTrials(this.trials.map((_, index) => index));
    this.encodeCheck(encoder, this.trials.length);
    this.readback.encode(encoder);
    this.gpu.device.queue.submit([encoder.finish()]);
    return this.read();
  }

  private encodeCheck(encoder: GPUCommandEncoder, active: number): void {
    this.flags.encodeClear(encoder);
    const pass = encoder.beginComputePass();
    this.check.encode(pass, 0, active);
    pass.end();
  }

  /** Waits for the epoch. */
  async read(): Promise<EpochReadback> {
    const [train, evaluation, ...flags] = await this.readback.read();
    const { latest, atStart } = this.flags.read(flags);
    return {
      train: this.metrics(train!, this.group.sizes.batch),
      evaluation: this.metrics(evaluation!, this.group.sizes.evaluationBatch),
      nonfinite: latest,
      nonfiniteAtStart: atStart,
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

  /** What the first `steps` steps of the epoch under way measured in one trial, as the GPU keeps it: losses are f32, counts u32. */
  async readTrainingMetrics(index: number, steps: number): Promise<Uint32Array<ArrayBuffer>> {
    if (steps === 0) return new Uint32Array();
    const { buffer, offset } = this.trainingMetrics(index);
    return new Uint32Array(await readBuffer(this.gpu, buffer, offset, 4 * this.metricWords(steps)));
  }

  /** @param words as `readTrainingMetrics` gave them */
  writeTrainingMetrics(index: number, words: Uint32Array): void {
    const { buffer, offset } = this.trainingMetrics(index);
    if (words.length > 0) write(this.gpu, buffer, Uint32Array.from(words), offset);
  }

  private trainingMetrics(index: number): { readonly buffer: GPUBuffer; readonly offset: number } {
    const buffer = this.buffer('training metrics');
    return { buffer, offset: (index * buffer.size) / this.trials.length };
  }

  /** Words that so many steps' metrics take: a loss and a count per tile. */
  metricWords(steps: number): number {
    return 2 * steps * metricsTiles(this.group.sizes.batch);
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
    for (const release of this.releases) release();
  }
}

/** Vectors are padded to four elements, per trial. */
const indexBytes = (length: number): number => 4 * Math.ceil(length / 4) * 4;
const metricBytes = (slots: number, batch: number): number =>
  4 * Math.ceil((2 * slots * metricsTiles(batch)) / 4) * 4;
