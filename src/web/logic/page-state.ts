/** What the page shows, and how it changes by what the worker tells and by what a person does. */
import type { EpochRecord } from '../../train/types.js';
import type {
  Added,
  AskedTrial,
  Confusion,
  DataFacts,
  Look,
  NetworkFacts,
  Opened,
  Problem,
  RunView,
  SavedTraining,
  TrialOutcome,
  WorkerEvent,
} from '../protocol.js';

export interface TrialView {
  readonly asked: AskedTrial;
  readonly history: readonly EpochRecord[];
  readonly outcome: TrialOutcome | null;
}

/** `starting`: asked for, not begun. */
export type TrainingStatus = 'starting' | 'running' | 'paused' | 'stopping' | 'stopped' | 'failed' | 'done';

export interface TrainingView {
  readonly status: TrainingStatus;
  readonly data: DataFacts | null;
  readonly trials: readonly TrialView[];
  readonly progress: { readonly epoch: number; readonly step: number; readonly steps: number } | null;
  readonly stepsPerSecond: number | null;
  readonly seconds: number;
  /** The trial whose weights and confusion matrix are shown. */
  readonly watched: number;
  readonly look: Look | null;
  readonly confusion: Confusion | null;
}

export interface PageState {
  /** Null while the GPU is being opened. */
  readonly opened: Opened | null;
  /** Why the page has no GPU. */
  readonly unable: Problem | null;
  readonly problem: Problem | null;
  readonly notice: string | null;
  readonly networks: readonly NetworkFacts[];
  /** The id of the network that reads drawings. */
  readonly network: string | null;
  readonly data: readonly DataFacts[];
  readonly training: TrainingView | null;
  readonly saved: SavedTraining | null;
  readonly run: RunView | null;
}

export const beginning: PageState = {
  opened: null,
  unable: null,
  problem: null,
  notice: null,
  networks: [],
  network: null,
  data: [],
  training: null,
  saved: null,
  run: null,
};

/** `asked`: a training was asked for. `steered`: it is told to pause, to resume or to stop. */
export type PageAction =
  | WorkerEvent
  | { readonly kind: 'opened'; readonly opened: Opened }
  | { readonly kind: 'unable'; readonly problem: Problem }
  | { readonly kind: 'added'; readonly added: Added }
  | { readonly kind: 'asked' }
  | { readonly kind: 'steered'; readonly to: 'paused' | 'running' | 'stopping' }
  | { readonly kind: 'watch'; readonly trial: number }
  | { readonly kind: 'choose'; readonly network: string }
  | { readonly kind: 'problem'; readonly problem: Problem | null }
  | { readonly kind: 'read-notice' }
  | { readonly kind: 'forgotten' };

const idle: TrainingView = {
  status: 'starting',
  data: null,
  trials: [],
  progress: null,
  stepsPerSecond: null,
  seconds: 0,
  watched: 0,
  look: null,
  confusion: null,
};

/** Whether a training is under way, so that no other can begin. */
export function isBusy(training: TrainingView | null): boolean {
  return training !== null && ['starting', 'running', 'paused', 'stopping'].includes(training.status);
}

export function change(state: PageState, action: PageAction): PageState {
  switch (action.kind) {
    case 'opened': {
      const { opened } = action;
      const { networks, saved } = opened;
      return { ...state, opened, networks, saved, network: state.network ?? networks[0]?.id ?? null };
    }
    case 'unable':
      return { ...state, unable: action.problem };
    case 'added':
      return withAdded(state, action.added);
    case 'choose':
      return { ...state, network: action.network };
    case 'problem':
      return { ...state, problem: action.problem };
    case 'notice':
      return { ...state, notice: action.text };
    case 'read-notice':
      return { ...state, notice: null };
    case 'forgotten':
      return { ...state, saved: null };
    case 'network': {
      const after = withNetwork(state, action.network);
      return action.isNew ? { ...after, network: action.network.id } : after;
    }
    case 'asked':
      return { ...state, training: idle, problem: null, notice: null, saved: null };
    case 'finished':
      return { ...withTraining(state, action), problem: action.problem };
    case 'failed':
      return { ...withTraining(state, action), problem: action.problem, saved: action.saved };
    case 'stopped':
      return { ...withTraining(state, action), saved: action.saved };
    case 'started': {
      // Networks of an earlier training that this one has no counterpart of.
      const isOver = ({ id }: NetworkFacts): boolean =>
        id.startsWith('trial-') && Number(id.slice('trial-'.length)) >= action.trials.length;
      const networks = state.networks.filter((each) => !isOver(each));
      const isThere = networks.some(({ id }) => id === state.network);
      const network = isThere ? state.network : (networks[0]?.id ?? null);
      return withTraining({ ...state, networks, network }, action);
    }
    case 'progress':
    case 'epoch':
    case 'look':
    case 'watch':
    case 'steered':
      return withTraining(state, action);
  }
}

function withNetwork(state: PageState, network: NetworkFacts): PageState {
  const { networks } = state;
  const isKnown = networks.some(({ id }) => id === network.id);
  return {
    ...state,
    networks: isKnown
      ? networks.map((each) => (each.id === network.id ? network : each))
      : [...networks, network],
  };
}

function withAdded(state: PageState, added: Added): PageState {
  const clean = { ...state, problem: null };
  switch (added.kind) {
    case 'network':
      return {
        ...withNetwork(clean, added.network),
        network: added.network.id,
        notice: `${added.network.title} reads your drawings from now on.`,
      };
    case 'run':
      return { ...clean, run: added.run };
    case 'data':
      return {
        ...clean,
        data: [...clean.data.filter(({ id }) => id !== added.data.id), added.data],
        notice: `Under “Train here” these data are chosen: ${added.data.about}`,
      };
  }
}

type TrainingAction = Extract<
  PageAction,
  {
    readonly kind:
      'started' | 'progress' | 'epoch' | 'look' | 'watch' | 'steered' | 'finished' | 'stopped' | 'failed';
  }
>;

function withTraining(state: PageState, action: TrainingAction): PageState {
  return state.training === null ? state : { ...state, training: trainingAfter(state.training, action) };
}

function trainingAfter(training: TrainingView, action: TrainingAction): TrainingView {
  switch (action.kind) {
    case 'started':
      return {
        ...training,
        status: 'running',
        data: action.data,
        trials: action.trials.map((asked) => ({ asked, history: [], outcome: null })),
      };
    case 'progress':
      return { ...training, progress: action };
    case 'epoch': {
      const { records, stepsPerSecond, seconds } = action;
      const trials = training.trials.map((view, i) => {
        const own = records.filter(({ trial }) => trial === i).map(({ record }) => record);
        const first = own[0]?.epoch ?? Infinity;
        return { ...view, history: [...view.history.filter(({ epoch }) => epoch < first), ...own] };
      });
      return { ...training, trials, stepsPerSecond, seconds };
    }
    case 'look': {
      const { look } = action;
      if (look.trial !== training.watched) return training;
      return { ...training, look, confusion: look.confusion ?? training.confusion };
    }
    case 'watch':
      return { ...training, watched: action.trial, look: null, confusion: null };
    case 'steered':
      return { ...training, status: action.to };
    case 'finished':
      return {
        ...training,
        status: 'done',
        progress: null,
        trials: training.trials.map((view, i) => ({ ...view, outcome: action.outcomes[i] ?? null })),
      };
    case 'stopped':
      return { ...training, status: 'stopped' };
    case 'failed':
      return { ...training, status: 'failed' };
  }
}
