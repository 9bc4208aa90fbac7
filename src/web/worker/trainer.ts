/** One training at a time: how it begins, what it tells, how it is steered, and how it survives a lost GPU. */
import {
  checkpointsIn,
  createTrial,
  DivergedError,
  EngineError,
  inputFormat,
  assumedFormat,
  startTraining,
  type Dataset,
  type EpochRecord,
  type EpochReport,
  type Gpu,
  type NamedParameters,
  type Training,
  type TrainHooks,
  type Trial,
  type TrialResult,
} from './library.js';
import { commandOf } from '../logic/command.js';
import type {
  AskedTraining,
  DataFacts,
  Problem,
  SavedTraining,
  TrialOutcome,
  WorkerEvent,
} from '../protocol.js';
import { isLost, type Device } from './device.js';
import { confusionOf, unitsOf } from './looks.js';
import type { KnownNetwork } from './networks.js';
import { forget, place } from './store.js';

/** Short submits and no lead: a drawing is answered between two of them. */
const pace = { submitMs: 16, lead: 0 };

/** Least time between two looks at the weights. */
const lookMs = 400;

const checkpointSeconds = 3;

export interface TrainerPorts {
  readonly device: Device;
  readonly tell: (event: WorkerEvent) => void;
  readonly problemOf: (error: unknown) => Problem;
  /** A network of the training can read drawings from now on, or has new weights. */
  readonly offer: (network: KnownNetwork, isNew: boolean) => void;
}

/** What is to be trained, its data at hand. */
export interface Job {
  readonly asked: AskedTraining;
  readonly facts: DataFacts;
  readonly dataset: Dataset;
  /** Whether the browser keeps checkpoints for the page. */
  readonly isKept: boolean;
}

/** A trained network, for files. */
export interface Trained {
  readonly result: TrialResult;
  readonly parameters: NamedParameters;
}

export class Trainer {
  private training: Training | null = null;
  private watched = 0;
  /** The last training that came to its end: its networks by their place among the trials. */
  private done: { readonly job: Job; readonly trained: readonly (Trained | null)[] } | null = null;

  constructor(private readonly ports: TrainerPorts) {}

  get isBusy(): boolean {
    return this.training !== null;
  }

  /** Begins; what becomes of it comes as events. @throws EngineError `usage` for settings that do not fit */
  async begin(job: Job): Promise<void> {
    const trials = job.asked.trials.map(({ name, seed, config }) => createTrial({ ...config, name, seed }));
    const gpu = await this.ports.device.gpu();
    this.watched = 0;
    this.done = null;
    this.ports.tell({ kind: 'started', data: job.facts, trials: job.asked.trials });
    // Not awaited: it ends with an event.
    void this.follow(gpu, job, trials);
  }

  steer(how: 'pause' | 'resume' | 'stop'): void {
    this.training?.[how]();
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

  private async follow(gpu: Gpu, job: Job, trials: readonly Trial[]): Promise<void> {
    const { tell, problemOf } = this.ports;
    const weights = new Map<Trial, NamedParameters>();
    try {
      const results = await this.trainThroughLosses(gpu, job, trials, weights);
      await this.finish(job, trials, results, weights, null);
    } catch (error) {
      const saved = job.isKept ? savedText(job) : null;
      if (error instanceof DivergedError)
        await this.finish(job, trials, error.results, weights, problemOf(error));
      else if (error instanceof EngineError && error.kind === 'interrupted') tell({ kind: 'stopped', saved });
      else tell({ kind: 'failed', problem: problemOf(error), saved });
    } finally {
      this.training = null;
    }
  }

  /** Trains; where the GPU is lost, on a new one from the last checkpoint. */
  private async trainThroughLosses(
    first: Gpu,
    job: Job,
    trials: readonly Trial[],
    weights: Map<Trial, NamedParameters>,
  ): Promise<readonly TrialResult[]> {
    let gpu = first;
    for (;;)
      try {
        return await this.train(gpu, job, trials, weights);
      } catch (error) {
        if (!isLost(error)) throw error;
        gpu = await this.ports.device.reopen(gpu);
      }
  }

  private async train(
    gpu: Gpu,
    job: Job,
    trials: readonly Trial[],
    weights: Map<Trial, NamedParameters>,
  ): Promise<TrialResult[]> {
    const { tell } = this.ports;
    const checkpoints = job.isKept ? await this.checkpoints(gpu, job, trials) : {};
    const training = startTraining(gpu, job.dataset, trials, {
      ...checkpoints,
      pace,
      onEpoch: (report) => {
        tell({ kind: 'epoch', ...recordsOf(report, trials) });
      },
      onProgress: ({ epoch, step, steps }) => {
        tell({ kind: 'progress', epoch, step, steps });
      },
      onWeights: ({ trial, best }) => {
        weights.set(trial, best.parameters);
      },
    });
    this.training = training;
    const ended = training.result.then(
      () => true as const,
      () => true as const,
    );
    void this.lookAgainAndAgain(training, job, ended);
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

  /** Shows the weights of the trial that is watched, as often as they can be had without a hurry. */
  private async lookAgainAndAgain(training: Training, job: Job, ended: Promise<true>): Promise<void> {
    const { device, tell, offer } = this.ports;
    let [seen, confused] = ['', ''];
    while ((await Promise.race([ended, sleep(lookMs)])) !== true) {
      const trial = this.watched;
      try {
        const { epoch, step, parameters } = await training.weights(trial, 'step');
        if (seen === `${trial} ${epoch} ${step}`) continue;
        const isNew = !seen.startsWith(`${trial} `);
        seen = `${trial} ${epoch} ${step}`;
        offer(networkOf(job, trial, parameters, `after epoch ${epoch}`), isNew);
        const isDue = epoch > 0 && confused !== `${trial} ${epoch}`;
        const confusion = isDue ? await confusionOf(device, parameters, job.dataset) : null;
        if (isDue) confused = `${trial} ${epoch}`;
        tell({ kind: 'look', look: { trial, epoch, step, ...unitsOf(parameters, job.dataset), confusion } });
      } catch (error) {
        // A trial that diverged has no weights; the training itself tells of what went wrong.
        if (!(error instanceof EngineError)) throw error;
      }
    }
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

/** What is said of a training that can be resumed. */
export function savedText({ asked, facts }: Pick<Job, 'asked' | 'facts'>): SavedTraining {
  const names = asked.trials.map(({ name }) => name).join(' and ');
  return {
    text: `A training of ${names} on ${facts.title} was cut off. It can be resumed from its last checkpoint.`,
  };
}

function outcomeOf({ asked }: Job, trial: number, { result }: Trained): TrialOutcome {
  const { test, history, stopped, seconds, weightsSha256 } = result;
  const command = commandOf(asked.data, asked.trials[trial]!);
  return { test, epochs: history.length, stopped, seconds, weightsSha256, command };
}

function networkOf(
  { asked, dataset }: Job,
  trial: number,
  parameters: NamedParameters,
  when: string,
): KnownNetwork {
  const { rows, columns, classNames } = dataset;
  const { name } = asked.trials[trial]!;
  const title = asked.trials.length === 1 ? 'The network trained here' : `Trained here: ${name}`;
  return {
    parameters,
    format: inputFormat(dataset) ?? assumedFormat({ rows, columns }),
    facts: { id: `trial-${trial}`, title, about: `${name}, ${when}, on ${dataset.name}.`, classNames },
  };
}

function recordsOf({ trials: reported, stepsPerSecond, seconds }: EpochReport, trials: readonly Trial[]) {
  const records = reported.map(({ trial, record }) => ({ trial: trials.indexOf(trial), record }));
  return { records, stepsPerSecond, seconds };
}

function sleep(ms: number): Promise<null> {
  return new Promise((done) => {
    setTimeout(() => {
      done(null);
    }, ms);
  });
}
