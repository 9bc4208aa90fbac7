/** What a report is made of: a finished run's record, and what only its selected network can tell. */
import type { Summary } from '../../experiments/summary.js';
import type { ProfileRecord } from '../../profile/profile-record.js';

/** What the selected network says of the test set. */
export interface TestPredictions {
  /** The true class of each of the n images. */
  readonly labels: Uint8Array;
  /** `[n, classes]`, row by row; each row sums to 1. */
  readonly probabilities: Float32Array;
  /** `[n, rows * columns]`, grey: 0 is the paper, 255 the ink. */
  readonly images: Uint8Array;
  /** Height and width of an image in pixels. */
  readonly rows: number;
  readonly columns: number;
  /** Whose images they are, where their licence wants it said. */
  readonly attribution?: string;
}

export interface FirstLayer {
  /** `[inputs, outputs]`, row by row. */
  readonly weights: Float32Array;
  readonly outputs: number;
}

/** A finished run. What is null is left out of the page, with a word on why. */
export interface RunReport {
  readonly summary: Summary;
  readonly test: TestPredictions | null;
  readonly firstLayer: FirstLayer | null;
  readonly profile: readonly ProfileRecord[] | null;
}

export interface PageOptions {
  /** Takes what the charting library finds doubtful; by default nobody hears it. */
  readonly onWarning?: (warning: string) => void;
}

/** A page without outside parts, and its charts. */
export interface ReportPage {
  /** One HTML document: no script, nothing loaded from anywhere. */
  readonly html: string;
  /** File name -> SVG text, the same that stands in the page. */
  readonly charts: ReadonlyMap<string, string>;
}

export type RunOverSeeds = Summary['variants'][number];
export type OneRun = RunOverSeeds['runs'][number];
