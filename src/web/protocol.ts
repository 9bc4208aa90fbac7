/**
 * What the page and its worker say to each other. The worker owns the GPU, the data and the files; the page
 * draws. The page calls by name and gets one answer; what happens while a training runs comes as events.
 */
import type { ErrorKind } from '../base/errors.js';
import type { EpochRecord, Score, TrainConfig } from '../train/types.js';
import type { Stroke } from './logic/drawing.js';

/** What went wrong, for people; every text is bounded. */
export interface Problem {
  /** Of an error of the library. */
  readonly kind?: ErrorKind;
  readonly message: string;
  readonly found?: string | undefined;
  readonly expected?: string | undefined;
  readonly remedy?: string | undefined;
}

/** A network that can be asked what a drawing shows. */
export interface NetworkFacts {
  readonly id: string;
  /** A few words: what it is called where one is chosen. */
  readonly title: string;
  /** A sentence: where it comes from and how good it is. */
  readonly about: string;
  readonly classNames: readonly string[];
}

/** A character that can be put on the drawing area: how it is usually written, in the unit square. */
export interface Example {
  readonly name: string;
  readonly kana: string;
  readonly strokes: readonly Stroke[];
}

/** A training that was cut off, and that can be resumed from its checkpoints. */
export interface SavedTraining {
  readonly text: string;
}

export interface Opened {
  /** The adapter and its driver in one line. */
  readonly adapter: string;
  readonly software: boolean;
  readonly version: string;
  readonly networks: readonly NetworkFacts[];
  readonly examples: readonly Example[];
  readonly saved: SavedTraining | null;
}

/** A picture of a drawing, 4 bytes per pixel, as a canvas gives it. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8ClampedArray<ArrayBuffer>;
}

/** What a network says of a drawing. */
export interface Reading {
  readonly network: string;
  readonly classNames: readonly string[];
  /** One per class; they add up to 1. */
  readonly probabilities: readonly number[];
  readonly seen: Tile;
  /** What the drawing is unlike the training images in; empty where it is like them. */
  readonly doubts: readonly string[];
}

/** A grey image, row by row, 0 black to 255 white. */
export interface Tile {
  readonly rows: number;
  readonly columns: number;
  readonly pixels: Uint8Array;
}

/** A file that was opened, with its place in the folder that was. */
export interface GivenFile {
  readonly path: string;
  readonly file: Blob;
}

/** The ids of data that only the page has. */
export const ownDrawings = 'own-drawings';
export const openedFiles = 'opened-files';

export interface DataFacts {
  readonly id: string;
  readonly title: string;
  readonly about: string;
}

/** What came out of files: one of three kinds, by what they hold. */
export type Added =
  | { readonly kind: 'network'; readonly network: NetworkFacts }
  | { readonly kind: 'run'; readonly run: RunView }
  | { readonly kind: 'data'; readonly data: DataFacts };

/** Drawings of one class of one's own. */
export interface OwnClass {
  readonly name: string;
  readonly pictures: readonly Picture[];
}

/** One setting of a training, as it is asked for. */
export interface AskedTrial {
  readonly name: string;
  readonly seed: number;
  readonly config: TrainConfig;
}

export interface AskedTraining {
  /** `synthetic[:TRAIN[/TEST]]`, a folder beside the page, or the id of data that were added. */
  readonly data: string;
  readonly trials: readonly AskedTrial[];
}

/** A trained network as it stands in the results. */
export interface TrialOutcome {
  readonly test: Score;
  readonly epochs: number;
  /** `early`: by early stopping. */
  readonly stopped: 'early' | 'completed' | 'pruned';
  readonly seconds: number;
  readonly weightsSha256: string;
  /** The line that trains the same network in Node; null where Node does not have the data. */
  readonly command: string | null;
}

/** A confusion matrix of a network at some time: counts[actual][predicted]. */
export interface Confusion {
  readonly classNames: readonly string[];
  readonly counts: readonly (readonly number[])[];
}

/** What a network looks like at some time of its training. */
export interface Look {
  readonly trial: number;
  /** Epochs that are done, and steps of the one after them. */
  readonly epoch: number;
  readonly step: number;
  /** The weights of units of the first layer, [units, rows * columns]; empty where they are no images. */
  readonly weights: Float32Array<ArrayBuffer>;
  readonly units: number;
  readonly rows: number;
  readonly columns: number;
  /** Of the network after its last epoch, on test images; null until there is one. */
  readonly confusion: Confusion | null;
}

/** Curves and results out of a summary.json. */
export interface RunView {
  readonly title: string;
  readonly about: string;
  readonly trials: readonly {
    readonly name: string;
    readonly history: readonly EpochRecord[];
    readonly test: Score;
    readonly weightsSha256: string;
  }[];
  readonly confusion: Confusion | null;
}

export type Format = 'safetensors' | 'onnx' | 'summary';

export interface SavedFile {
  readonly name: string;
  readonly type: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** What the page can ask the worker to do: the name, what is given, what comes back. */
export interface Calls {
  open: (given: null) => Opened;
  read: (given: { readonly picture: Picture; readonly network: string }) => Reading | null;
  addFiles: (given: readonly GivenFile[]) => readonly Added[];
  addOwn: (given: readonly OwnClass[]) => DataFacts;
  train: (given: AskedTraining) => null;
  /** Resumes the training that was cut off. */
  resumeSaved: (given: null) => null;
  forgetSaved: (given: null) => null;
  steer: (given: 'pause' | 'resume' | 'stop') => null;
  /** Which trial is looked at while it trains. */
  watch: (given: number) => null;
  download: (given: { readonly trial: number; readonly format: Format }) => SavedFile;
}

export type CallName = keyof Calls;

export interface Call<N extends CallName = CallName> {
  readonly id: number;
  readonly name: N;
  readonly given: Parameters<Calls[N]>[0];
}

/** What the worker tells of itself. */
export type WorkerEvent =
  | { readonly kind: 'started'; readonly data: DataFacts; readonly trials: readonly AskedTrial[] }
  | { readonly kind: 'progress'; readonly epoch: number; readonly step: number; readonly steps: number }
  | {
      readonly kind: 'epoch';
      readonly records: readonly { readonly trial: number; readonly record: EpochRecord }[];
      readonly stepsPerSecond: number;
      readonly seconds: number;
    }
  | { readonly kind: 'look'; readonly look: Look }
  /** A network of the training; `isNew`: it was not there before, and reads drawings from now on. */
  | { readonly kind: 'network'; readonly network: NetworkFacts; readonly isNew: boolean }
  | {
      readonly kind: 'finished';
      readonly outcomes: readonly (TrialOutcome | null)[];
      /** Of trials that diverged. */
      readonly problem: Problem | null;
    }
  | { readonly kind: 'stopped'; readonly saved: SavedTraining | null }
  | { readonly kind: 'failed'; readonly problem: Problem; readonly saved: SavedTraining | null }
  | { readonly kind: 'notice'; readonly text: string };

export type WorkerMessage =
  | { readonly id: number; readonly value: unknown }
  | { readonly id: number; readonly problem: Problem }
  | { readonly event: WorkerEvent };
