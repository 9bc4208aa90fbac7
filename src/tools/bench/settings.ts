/** What the benchmarks are asked to measure. */
export interface BenchSettings {
  readonly batches: readonly number[];
  readonly rounds: number;
  /** null: calibrated for each that is measured. */
  readonly steps: number | null;
  readonly peers: boolean;
  /** Side by side, where trials are measured. */
  readonly trials: number;
  readonly adapter: string | undefined;
  /** A tuning file; undefined leaves every choice to the rules. */
  readonly tuning: string | undefined;
}
