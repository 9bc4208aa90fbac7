import { allSettled } from '../base/settle.js';
import { shuffled, splitIndices, type Split } from '../data/split.js';
import { readBuffer, type Gpu, type Readback } from '../gpu/index.js';
import { createSession, metricsTiles, replay, type Program, type Session } from '../graph/index.js';
import { CheckFlags } from './finite-check.js';
import { metricsOf, type EpochReadback } from './divergence.js';
import { passOver, type GroupPlan } from './plan-training.js';
import type { Samples } from './samples.js';
import { TrialStates } from './trial-states.js';

type Programs = Readonly<Record<'training' | 'evaluation' | 'check', Program>>;

/** Everything that a group of trials keeps on the GPU: its programs and the buffers that outlive a step. */
export class Workspace {
  readonly training: Program;
  readonly evaluation: Program;
  readonly state: TrialStates;
  private readonly check: Program;
  private readonly flags: CheckFlags;
  private readonly readback: Readback;
  private readonly splits: readonly Split[];

  private constructor(
    private readonly session: Session,
    private readonly samples: Samples,
    readonly group: GroupPlan,
    { training, evaluation, check }: Programs,
  ) {
    const { trials } = group;
    this.training = training;
    this.evaluation = evaluation;
    this.check = check;
    this.state = new TrialStates(session, group.training.graph);
    this.flags = new CheckFlags(session, group.check.graph, trials.length);
    const names = ['training metrics', 'evaluation metrics', ...this.flags.names];
    this.readback = session.readback('epoch', names);
    const { count } = samples.dataset.train;
    this.splits = trials.map(({ seed, config }) => splitIndices(count, config.validation, seed));
  }

  /**
   * Makes buffers, compiles pipelines, and writes what stays the same from epoch to epoch.
   * @throws the first error of the GPU; then nothing is left on it
   */
  static async create(gpu: Gpu, samples: Samples, group: GroupPlan): Promise<Workspace> {
    const { sizes, trials } = group;
    const steps = sizes.trainSteps + sizes.validationSteps + sizes.testSteps;
    const given = Object.entries({ images: samples.images, labels: samples.labels });
    return createSession(gpu, { steps, trials: trials.length, given }, async (session) => {
      const own = (part: string): Readonly<Record<string, string>> => ({
        indices: `${part} indices`,
        metrics: `${part} metrics`,
      });
      const [training, evaluation, check] = await allSettled([
        session.program(group.training.plan, own('training')),
        session.program(group.evaluation.plan, own('evaluation')),
        session.program(group.check.plan),
      ]);
      const workspace = new Workspace(session, samples, group, { training, evaluation, check });
      workspace.writeEvaluation();
      return workspace;
    });
  }

  /**
   * Runs every program before training begins, since drivers compile when a pipeline is first used.
   * Parameters and moments hold no state after it.
   * @returns milliseconds per training step
   */
  async warmUp(): Promise<number> {
    const { gpu } = this.session;
    const trials = this.all();
    this.writeTrials(trials);
    this.writeTrainingSteps(1);
    const run = async (steps: number): Promise<number> => {
      const started = performance.now();
      for (let i = 0; i < steps; i++) replay(gpu, this.training, 0, 1, trials.length);
      this.submit('start', (encoder) => {
        if (steps === 1) this.encodeEvaluation(encoder, 'validation', trials.length);
        else this.readback.encode(encoder);
      });
      await this.read();
      return (performance.now() - started) / steps;
    };
    await run(1);
    return run(4);
  }

  private all(): number[] {
    return [...this.group.trials.keys()];
  }

  submit(label: string, record: (encoder: GPUCommandEncoder) => void): void {
    const { device } = this.session.gpu;
    const encoder = device.createCommandEncoder({ label });
    record(encoder);
    device.queue.submit([encoder.finish()]);
  }

  /** Says which trials train on: slot k of every dispatch works on trial `active[k]`. */
  writeTrials(active: readonly number[]): void {
    this.session.writeTrials(
      active.map((index) => {
        const { seed, config } = this.group.trials[index]!;
        const { dropout, learningRate, weightDecay, decay } = config;
        return { index, seed, dropout, learningRate, weightDecay, decay };
      }),
    );
  }

  /** Writes each trial's order of samples, which trials train, and the steps. @param epoch from 1 */
  writeEpoch(epoch: number, active: readonly number[] = this.all()): void {
    for (const index of active) {
      const order = shuffled(this.splits[index]!.train, this.group.trials[index]!.seed, epoch);
      this.session.write('training indices', order, index);
    }
    this.writeTrials(active);
    this.writeTrainingSteps(epoch);
  }

  private writeTrainingSteps(epoch: number): void {
    const { train, batch, trainSteps } = this.group.sizes;
    this.session.writeSteps(passOver(train, batch, (epoch - 1) * trainSteps));
  }

  /**
   * Each trial's validation images, then all test images, which lie behind the training images in the data
   * set's buffer; and the steps over them, behind those of the training.
   */
  private writeEvaluation(): void {
    const { validation, test, evaluationBatch, trainSteps, validationSteps } = this.group.sizes;
    this.splits.forEach((split, index) => {
      const order = new Uint32Array(validation + test);
      order.set(split.validation);
      for (let i = 0; i < test; i++) order[validation + i] = this.samples.dataset.train.count + i;
      this.session.write('evaluation indices', order, index);
    });
    const records = [
      ...passOver(validation, evaluationBatch, 0),
      ...passOver(test, evaluationBatch, 0, validation, validationSteps),
    ];
    this.session.writeSteps(records, trainSteps);
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
    encoder.clearBuffer(this.session.buffer('confusion'));
    this.flags.encodeClear(encoder);
    const pass = encoder.beginComputePass(timing);
    for (let step = first; step < first + count; step++) this.evaluation.encode(pass, step, active);
    this.check.encode(pass, first, active);
    pass.end();
    this.readback.encode(encoder);
  }

  /** Submits the check of what an epoch begins with; nobody waits for it before the end of the epoch. */
  submitStartCheck(active: number): void {
    this.submit('check at the start of an epoch', (encoder) => {
      this.encodeCheck(encoder, active);
      this.flags.encodeKeep(encoder);
    });
  }

  /** Checks parameters and moments of all trials between two steps. Waits for everything submitted. */
  async readCheck(): Promise<EpochReadback> {
    const trials = this.all();
    this.writeTrials(trials);
    this.submit('check', (encoder) => {
      this.encodeCheck(encoder, trials.length);
      this.readback.encode(encoder);
    });
    return this.read();
  }

  private encodeCheck(encoder: GPUCommandEncoder, active: number): void {
    this.flags.encodeClear(encoder);
    const pass = encoder.beginComputePass();
    this.check.encode(pass, 0, active);
    pass.end();
  }

  async read(): Promise<EpochReadback> {
    const [train, evaluation, ...flags] = await this.readback.read();
    const { sizes, trials } = this.group;
    return {
      train: metricsOf(train!, trials.length, sizes.batch),
      evaluation: metricsOf(evaluation!, trials.length, sizes.evaluationBatch),
      ...this.flags.places(flags),
      waitedMs: this.readback.waitedMs,
    };
  }

  /** What an epoch's first steps measured in a trial, as the GPU keeps it: f32 losses, u32 counts. */
  async readTrainingMetrics(index: number, steps: number): Promise<Uint32Array<ArrayBuffer>> {
    if (steps === 0) return new Uint32Array();
    const { buffer, offset } = this.session.slice('training metrics', index);
    return new Uint32Array(await readBuffer(this.session.gpu, buffer, offset, 4 * this.metricWords(steps)));
  }

  /** @param words as `readTrainingMetrics` gave them */
  writeTrainingMetrics(index: number, words: Uint32Array): void {
    if (words.length > 0) this.session.write('training metrics', Uint32Array.from(words), index);
  }

  /** Words that so many steps' metrics take: a loss and a count per tile. */
  metricWords(steps: number): number {
    return 2 * steps * metricsTiles(this.group.sizes.batch);
  }

  /** Each trial's counts, `[actual][predicted]`, of the last evaluation. */
  async readConfusion(): Promise<number[][][]> {
    const { classes } = this.group.mlp;
    const counts = new Uint32Array(await readBuffer(this.session.gpu, this.session.buffer('confusion')));
    const stride = counts.length / this.group.trials.length;
    return this.all().map((trial) =>
      Array.from({ length: classes }, (_, actual) => {
        const at = trial * stride + actual * classes;
        return [...counts.subarray(at, at + classes)];
      }),
    );
  }

  release(): void {
    this.session.release();
  }
}
