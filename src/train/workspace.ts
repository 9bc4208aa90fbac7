import { allSettled } from '../base/settle.js';
import { shuffled, splitIndices, type Split } from '../data/split.js';
import { readBuffer, type Gpu, type Readback } from '../gpu/index.js';
import { createSession, metricsTiles, replay, type Program, type Session } from '../graph/index.js';
import { CheckFlags } from './finite-check.js';
import { metricsOf, type EpochReadback } from './divergence.js';
import { learningRateFactor } from './learning-rate.js';
import { passOver, type GroupPlan } from './plan-training.js';
import type { Samples } from './samples.js';
import { dropoutByLayer } from './settings.js';
import { TrialStates } from './trial-states.js';
import { divideIntoFillings, SampleWindow, type Filling } from './windows.js';

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
  /** Where the data set does not fit the device: what its images pass through, and when. */
  private readonly window: SampleWindow | null;
  private readonly fillings: { training: readonly Filling[]; evaluation: readonly Filling[] } = {
    training: [],
    evaluation: [],
  };
  /** The epoch under way, from 1: learning rates follow it. */
  private epoch = 1;

  private constructor(
    private readonly session: Session,
    private readonly samples: Samples,
    readonly group: GroupPlan,
    { training, evaluation, check }: Programs,
  ) {
    const { trials, sizes } = group;
    this.training = training;
    this.evaluation = evaluation;
    this.check = check;
    this.state = new TrialStates(session, group.training.graph);
    this.flags = new CheckFlags(session, group.check.graph, trials.length);
    const names = ['training metrics', 'evaluation metrics', ...this.flags.names];
    this.readback = session.readback('epoch', names);
    const buffers = { images: session.buffer('images'), labels: session.buffer('labels') };
    const { dataset } = samples;
    this.window =
      sizes.window === null ? null : new SampleWindow(session.gpu, dataset, buffers, sizes.window);
    const { count } = dataset.train;
    this.splits = trials.map(({ seed, config }) => splitIndices(count, config.validation, seed));
  }

  /**
   * Makes buffers, compiles pipelines, and writes what stays the same from epoch to epoch.
   * @throws the first error of the GPU; then nothing is left on it
   */
  static async create(gpu: Gpu, samples: Samples, group: GroupPlan): Promise<Workspace> {
    const { sizes, trials } = group;
    const steps = sizes.trainSteps + sizes.validationSteps + sizes.testSteps;
    const given = Object.entries(samples.whole ?? {});
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
      if (steps === 1) await this.evaluate('validation', trials.length, 'start');
      else
        this.submit('start', (encoder) => {
          this.readback.encode(encoder);
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

  /**
   * Says which trials train on, at the learning rates of the epoch under way: slot k of every dispatch works
   * on trial `active[k]`.
   */
  writeTrials(active: readonly number[]): void {
    this.session.writeTrials(
      active.map((index) => {
        const { seed, config } = this.group.trials[index]!;
        return {
          ...config,
          index,
          seed,
          dropout: dropoutByLayer(config),
          learningRate: config.learningRate * learningRateFactor(config, this.epoch),
        };
      }),
    );
  }

  /** Writes each trial's order of samples, which trials train, and the steps. @param epoch from 1 */
  writeEpoch(epoch: number, active: readonly number[] = this.all()): void {
    const orders = active.map((index) =>
      shuffled(this.splits[index]!.train, this.group.trials[index]!.seed, epoch),
    );
    const { train, batch } = this.group.sizes;
    this.fillings.training = this.divide(orders, { offset: 0, count: train, batch, step: 0 });
    active.forEach((index, i) => {
      this.session.write('training indices', orders[i]!, index);
    });
    this.epoch = epoch;
    this.writeTrials(active);
    this.writeTrainingSteps(epoch);
  }

  private writeTrainingSteps(epoch: number): void {
    const { train, batch, trainSteps } = this.group.sizes;
    this.session.writeSteps(passOver(train, batch, (epoch - 1) * trainSteps));
  }

  /** Images in the lists -> their places in the window, if there is one. */
  private divide(lists: readonly Uint32Array[], pass: Parameters<typeof divideIntoFillings>[1]): Filling[] {
    const { window } = this.group.sizes;
    return window === null ? [] : divideIntoFillings(lists, pass, window);
  }

  /**
   * Has the images of a step on the GPU.
   * @param step index of its record in the step table
   * @returns how many of `count` steps from there on have theirs there, too: at least 1
   * @throws the first error of the GPU
   */
  async ready(step: number, count: number): Promise<number> {
    if (this.window === null || count === 0) return count;
    const filling = [...this.fillings.training, ...this.fillings.evaluation].find(
      ({ first, end }) => first <= step && step < end,
    )!;
    await this.window.fill(filling);
    return Math.min(count, filling.end - step);
  }

  /**
   * Each trial's validation images, then all test images, which lie behind the training images in the data
   * set's buffer; and the steps over them, behind those of the training.
   */
  private writeEvaluation(): void {
    const { validation, test, evaluationBatch, trainSteps, validationSteps } = this.group.sizes;
    const orders = this.splits.map((split) => {
      const order = new Uint32Array(validation + test);
      order.set(split.validation);
      for (let i = 0; i < test; i++) order[validation + i] = this.samples.dataset.train.count + i;
      return order;
    });
    const batch = evaluationBatch;
    const [step, testStep] = [trainSteps, trainSteps + validationSteps];
    this.fillings.evaluation = [
      ...this.divide(orders, { offset: 0, count: validation, batch, step }),
      ...this.divide(orders, { offset: validation, count: test, batch, step: testStep }),
    ];
    orders.forEach((order, index) => {
      this.session.write('evaluation indices', order, index);
    });
    const records = [
      ...passOver(validation, evaluationBatch, 0),
      ...passOver(test, evaluationBatch, 0, validation, validationSteps),
    ];
    this.session.writeSteps(records, trainSteps);
  }

  /**
   * Submits an evaluation on the validation or the test set, and the check of parameters and moments, which
   * `read` waits for.
   * @param label of its submits @param timing gives the descriptor of each pass, where they are timed
   */
  async evaluate(
    part: 'validation' | 'test',
    active: number,
    label: string = part,
    timing?: () => GPUComputePassDescriptor | undefined,
  ): Promise<void> {
    const { trainSteps, validationSteps, testSteps } = this.group.sizes;
    const first = trainSteps + (part === 'test' ? validationSteps : 0);
    const end = first + (part === 'test' ? testSteps : validationSteps);
    let step = first;
    do {
      const from = step;
      step += await this.ready(from, end - from);
      this.submit(label, (encoder) => {
        if (from === first) encoder.clearBuffer(this.session.buffer('confusion'));
        if (from === first) this.flags.encodeClear(encoder);
        const pass = encoder.beginComputePass(timing?.());
        for (let each = from; each < step; each++) this.evaluation.encode(pass, each, active);
        if (step === end) this.check.encode(pass, first, active);
        pass.end();
        if (step === end) this.readback.encode(encoder);
      });
    } while (step < end);
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
