/** What the benchmarks are asked to measure. */
export interface BenchSettings {
  /** Steps per second, alone or beside the peers; trials side by side; or the start of the process. */
  readonly mode: 'steps' | 'trials' | 'start';
  readonly batches: readonly number[];
  readonly rounds: number;
  /** null: calibrated for each that is measured. */
  readonly steps: number | null;
  readonly peers: boolean;
  readonly targets: boolean;
  /** Side by side, in mode `trials`. */
  readonly trials: number;
  /** In mode `start`; undefined for files of the synthetic set. */
  readonly data: string | undefined;
  readonly adapter: string | undefined;
  /** A tuning file; undefined leaves every choice to the rules. */
  readonly tuning: string | undefined;
}
