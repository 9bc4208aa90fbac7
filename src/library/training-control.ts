/** What a program can ask of a training while it runs: pauses, the end, and the weights of a trial. */
import { EngineError, refused } from '../base/errors.js';
import { divergedIn, type ReadWeights, type WeightsOf } from '../train/index.js';
import type { TrainHooks, Trial, WeightsAt } from '../train/types.js';

/** The hooks by which the engine is told of a training's control. */
type ControlHooks = Required<Pick<TrainHooks, 'signal' | 'onDiverged' | 'onWeights'>> & {
  readonly betweenSubmits: (read: ReadWeights) => Promise<void> | undefined;
};

/** How a training is held up, stopped and asked. */
interface Control {
  readonly hooks: ControlHooks;
  readonly pause: () => void;
  readonly resume: () => void;
  readonly stop: () => void;
  readonly weights: (trialIndex: number, at?: WeightsOf) => Promise<WeightsAt>;
  /** Tells that the training is over. @param error what it threw; null: it has results */
  readonly end: (error: unknown) => Promise<void>;
}

/** @param given hooks of the caller, which are called, too */
export function createControl(
  trials: readonly Trial[],
  given: Pick<TrainHooks, 'signal' | 'onDiverged' | 'onWeights'>,
): Control {
  const desk = createDesk(trials);
  const stopping = new AbortController();
  const signal =
    given.signal === undefined ? stopping.signal : AbortSignal.any([stopping.signal, given.signal]);
  let isPaused = false;
  let wake = (): void => undefined;
  const resume = (): void => {
    isPaused = false;
    desk.close();
    wake();
  };
  signal.addEventListener('abort', resume);
  return {
    hooks: {
      signal,
      betweenSubmits: (read) => {
        desk.open(read);
        if (isPaused && !signal.aborted) return new Promise((resolve) => (wake = resolve));
        desk.close();
        return undefined;
      },
      onDiverged: (trial, epoch) => {
        desk.learn(trial, divergedIn(trial, epoch));
        given.onDiverged?.(trial, epoch);
      },
      onWeights: (weights) => {
        desk.learn(weights.trial, weights.last);
        given.onWeights?.(weights);
      },
    },
    pause: () => {
      isPaused = true;
    },
    resume,
    stop: () => {
      stopping.abort();
    },
    weights: desk.ask,
    end: desk.end,
  };
}

/** Takes questions about weights, and answers them when it is open or knows the answer for good. */
function createDesk(trials: readonly Trial[]) {
  /** Of trials that are done: their last weights, or why there are none. */
  const known = new Map<Trial, Omit<WeightsAt, 'step'> | EngineError>();
  const waiting: (() => void)[] = [];
  const reads = new Set<Promise<unknown>>();
  let read: ReadWeights | null = null;
  let ended: { readonly error: unknown } | null = null;

  // It reads at once, before anything else is submitted.
  const answer = async (trial: Trial, at: WeightsOf): Promise<WeightsAt> => {
    const last = known.get(trial);
    if (last instanceof EngineError) throw last;
    if (last !== undefined) return { ...last, step: 0 };
    if (ended !== null) throw ended.error;
    const reading = read?.(trial, at) ?? null;
    if (reading === null) throw notBegun(trial);
    const settled = reading.catch(() => undefined);
    reads.add(settled);
    void settled.then(() => reads.delete(settled));
    return reading;
  };
  const answerAll = (): void => {
    for (const question of waiting.splice(0)) question();
  };
  const learn = (trial: Trial, what: Omit<WeightsAt, 'step'> | EngineError): void => {
    known.set(trial, what);
    answerAll();
  };
  return {
    ask: (trialIndex: number, at: WeightsOf = 'step'): Promise<WeightsAt> => {
      const trial = trials[trialIndex];
      if (trial === undefined) return Promise.reject(noTrial(trialIndex, trials.length));
      if (!['step', 'epoch'].includes(at))
        return Promise.reject(refused('weights(trialIndex, at): at', at, "'step' or 'epoch'"));
      return new Promise((resolve) => {
        const question = (): void => {
          if (read === null && ended === null && !known.has(trial)) waiting.push(question);
          else resolve(answer(trial, at));
        };
        question();
      });
    },
    open: (given: ReadWeights): void => {
      read = given;
      answerAll();
    },
    close: (): void => {
      read = null;
    },
    learn,
    /** Answers what is still asked, and waits for what is being read. */
    end: async (error: unknown): Promise<void> => {
      read = null;
      ended = { error };
      answerAll();
      await Promise.all(reads);
    },
  };
}

function noTrial(found: number, count: number): EngineError {
  return new EngineError('usage', `there is no trial ${found} in this training`, {
    expected: `0 to ${count - 1}, its place in the list of trials`,
  });
}

function notBegun({ variant, seed }: Trial): EngineError {
  return new EngineError('no-data', `${variant}, seed ${seed} has no weights yet`, {
    found: 'trials of another shape train before it',
    expected: 'a trial whose training has begun',
    remedy: 'ask again once onEpoch has told of it',
  });
}
