import type { Output } from '../../base/output.js';
import type { Dataset } from '../../data/dataset.js';
import type { Circumstances, PlannedExperiment } from '../../experiments/index.js';
import type { NamedTuning } from '../../runs/tuning-file.js';
import type { TrainSettings } from '../train-options.js';
import type { LiveSession } from './live-session.js';

/** What was asked for, and what it runs with. */
export interface Training {
  readonly plans: readonly PlannedExperiment[];
  readonly settings: TrainSettings;
  readonly tuning: NamedTuning | null;
  readonly argv: readonly string[];
  readonly directory: string;
  readonly dataset: Dataset;
  readonly adapter: LiveSession;
  readonly output: Output;
  readonly signal: AbortSignal;
}

export function namedTuning({ tuning }: Training): Circumstances['tuning'] {
  return tuning && { file: tuning.file, sha256: tuning.sha256 };
}
