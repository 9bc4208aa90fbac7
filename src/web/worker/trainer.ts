/** One training at a time: how it begins, what it tells, how it is steered and survives a lost GPU. */
import {
  checkpointsIn,
  createTrial,
  DivergedError,
  EngineError,
  startTraining,
  type EpochRecord,
  type Gpu,
  type NamedParameters,
  type Training,
  type TrainHooks,
  type Trial,
  type TrialResult,
} from '../../browser.js';
import type { Problem, WorkerEvent } from '../protocol.js';
import { isLost, type Device } from './device.js';
import { EpochTeller, recordsOf } from './epoch-teller.js';
import { networkOf, outcomeOf, savedText, type Job, type Trained } from './job.js';
import { unitsOf, watchTraining } from './looks.js';
import type { KnownNetwork } from './networks.js';
import { forget, place } from './store.js';

/** Short submits and no lead: a drawing is answered between two of them. */
const pace = { submitMs: 16, lead: 0 };

const checkpointSeconds = 3;

/** A GPU that is lost more often than this is of no use. */
const mostLosses = 10;

export interface TrainerPorts {
  readonly device: Device;
  readonly tell: (event: WorkerEvent) => void;
  readonly problemOf: (error: unknown) => Problem;
  /** A network of the training can read drawings from now on, or has new weights. */
  readonly offer: (network: KnownNetwork, isNew: boolean) => void;
}

export class Trainer {
  private job: Job | null = null;
  /** Null while it is being prepared. */
  private training: Training | null = null;
  /** What was asked of a training that was not there yet. */
  private asked: 'pause' | 'stop' | null = null;
  private watched = 0;
  /** The last training that came to its end: its networks by their place among the trials. */
  private done: { readonly job: Job; readonly trained: readonly (Trained | null)[] } | null = null;

  constructor(private readonly ports: TrainerPorts) {}

  get isBusy(): boolean {
    return this.job !== null;
  }

  /** Begins; what becomes of it comes as events. @throws EngineError `usage` for settings that do not fit */
  begin(job: Job): void {
    const trials = job.asked.trials.map(({ name, seed, config }) => createTrial({ ...config, name, seed }));
    this.job = job;
    this.watched = 0;
    this.done = null;
    this.asked = null;
    this.ports.tell({ kind: 'started', data: job.facts, trials: job.asked.trials });
    // Not awaited: it ends with an event.
    void this.follow(job, trials);
  }

  steer(how: 'pause' | 'resume' | 'stop'): void {
    this.training?.[how]();
    this.asked = this.training !== null || how === 'resume' ? null : how;
  }

  watch(trial: number): void {
    this.watched = trial;
  }

  /** @throws EngineError `no-data` before the training has come to its end */
  finished(trial: number): Trained & { readonly job: Job } {
    const trained = this.done?.trained[trial];
    if (this.done !== null && trained != null) return { ...trained, job: this.done.job };
    throw new EngineError('no-data', 'There is no trained network yet', {
      expected: 'a training that came to its end',
      remedy: 'train first',
    });
  }

  private async follow(job: Job, trials: readonly Trial[]): Promise<void> {
    const { tell, problemOf } = this.ports;
    const weights = new Map<Trial, NamedParameters>();
    try {
      const results = await this.trainThroughLosses(job, trials, weights);
      await this.finish(job, trials, results, weights, null);
    } catch (error) {
      const saved = job.isKept ? savedText(job) : null;
      if (error instanceof DivergedError)
        await this.finish(job, trials, error.results, weights, problemOf(error));
      else if (error instanceof EngineError && error.kind === 'interrupted') tell({ kind: 'stopped', saved });
      else tell({ kind: 'failed', problem: withRemedy(error, problemOf(error)), saved });
    } finally {
      this.training = null;
      this.job = null;
    }
  }

  /** Trains; where the GPU is lost, on a new one from the last checkpoint. */
  private async trainThroughLosses(
    job: Job,
    trials: readonly Trial[],
    weights: Map<Trial, NamedParameters>,
  ): Promise<readonly TrialResult[]> {
    let gpu = await this.ports.device.gpu();
    for (let losses = 1; ; losses++)
      try {
        return await this.train(gpu, job, trials, weights);
      } catch (error) {
        if (!isLost(error) || losses === mostLosses) throw error;
        this.training = null;
        gpu = await this.ports.device.reopen(gpu);
      }
  }

  private async train(
    gpu: Gpu,
    job: Job,
    trials: readonly Trial[],
    weights: Map<Trial, NamedParameters>,
  ): Promise<TrialResult[]> {
    const { device, offer, tell } = this.ports;
    const epochs = new EpochTeller(tell);
    const checkpoints = job.isKept ? await this.checkpoints(gpu, job, trials) : {};
    const training = startTraining(gpu, job.dataset, trials, {
      ...checkpoints,
      pace,
      onEpoch: (report) => {
        epochs.addEpochs(recordsOf(report, trials));
      },
      onProgress: (report) => {
        epochs.setProgress(report);
      },
      onWeights: ({ trial, best }) => {
        weights.set(trial, best.parameters);
      },
    });
    this.training = training;
    if (this.asked !== null) training[this.asked]();
    const ended = training.result
      .then(
        () => true as const,
        () => true as const,
      )
      .finally(() => {
        epochs.flush();
      });
    void watchTraining({
      device,
      training,
      dataset: job.dataset,
      ended,
      watched: () => this.watched,
      tell: (look) => {
        tell({ kind: 'look', look });
      },
      offer: (trial, parameters, epoch, isNew) => {
        offer(networkOf(job, trial, parameters, `after epoch ${epoch}`), isNew);
      },
    });
    await ended;
    return training.result;
  }

  /** Checkpoints, and the epochs that are behind those that are there. */
  private async checkpoints(
    gpu: Gpu,
    { dataset }: Job,
    trials: readonly Trial[],
  ): Promise<Partial<TrainHooks>> {
    const hooks = await checkpointsIn(place, gpu, dataset, { every: checkpointSeconds });
    return {
      ...hooks,
      resume: async (trial) => {
        const state = await hooks.resume(trial);
        if (state !== null) {
          const records = state.history.map((record: EpochRecord) => ({
            trial: trials.indexOf(trial),
            record,
          }));
          this.ports.tell({ kind: 'epoch', records, stepsPerSecond: 0, seconds: state.seconds });
        }
        return state;
      },
    };
  }

  private async finish(
    job: Job,
    trials: readonly Trial[],
    results: readonly (TrialResult | null)[],
    weights: ReadonlyMap<Trial, NamedParameters>,
    problem: Problem | null,
  ): Promise<void> {
    const trained = trials.map((trial, i): Trained | null => {
      const [result, parameters] = [results[i], weights.get(trial)];
      return result == null || parameters === undefined ? null : { result, parameters };
    });
    this.done = { job, trained };
    if (job.isKept) await forget();
    trained.forEach((each, trial) => {
      if (each === null) return;
      this.ports.offer(networkOf(job, trial, each.parameters, 'trained here'), false);
      if (trial !== this.watched) return;
      const { confusion, history } = each.result;
      const look = { trial, epoch: history.length, step: 0, ...unitsOf(each.parameters, job.dataset) };
      this.ports.tell({
        kind: 'look',
        look: { ...look, confusion: { classNames: job.dataset.classNames, counts: confusion } },
      });
    });
    this.ports.tell({
      kind: 'finished',
      outcomes: trained.map((each, i) => each && outcomeOf(job, i, each)),
      problem,
    });
  }
}

/** A page cannot choose its adapter. */
function withRemedy(error: unknown, problem: Problem): Problem {
  if (!(error instanceof EngineError) || error.kind !== 'other-adapter') return problem;
  return { ...problem, remedy: 'resume it in the browser that began it, or begin a new training' };
}
