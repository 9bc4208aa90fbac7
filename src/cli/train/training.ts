import type { Output } from '../../base/output.js';
import type { Dataset } from '../../data/dataset.js';
import type { Circumstances, PlannedExperiment } from '../../experiments/index.js';
import type { RunClaim } from '../../runs/index.js';
import type { NamedTuning } from '../../runs/tuning-file.js';
import type { TrainSettings } from '../train-options.js';
import { EngineError } from '../../base/errors.js';
import { fingerprintDifference } from '../../gpu/fingerprint.js';
import type { Session } from '../engine.js';

/** What was asked for, and what it runs with. */
export interface Training {
  readonly plans: readonly PlannedExperiment[];
  readonly settings: TrainSettings;
  readonly tuning: NamedTuning | null;
  readonly argv: readonly string[];
  /** The directory, which this process may write. */
  readonly claim: RunClaim;
  readonly dataset: Dataset;
  readonly adapter: LiveSession;
  readonly output: Output;
  readonly signal: AbortSignal;
}

export function namedTuning({ tuning }: Training): Circumstances['tuning'] {
  return tuning && { file: tuning.file, sha256: tuning.sha256 };
}

/** The open adapter of a training, which can be lost and opened anew. */
export class LiveSession {
  private wasLost = false;

  /** @param open asks for an adapter and its device, as it did for `session` */
  constructor(
    public session: Session,
    private readonly open: () => Promise<Session>,
  ) {}

  /**
   * After an error: opens the adapter anew, once in the life of a process, if the device was lost. The first
   * loss may be an accident (a driver that was updated, a laptop that slept), the second one is not.
   * @returns the loss
   * @throws the error if it is another one, a second loss, or if there is no such adapter any more
   */
  async recover(error: unknown): Promise<EngineError> {
    if (!(error instanceof EngineError) || error.kind !== 'device-lost' || this.wasLost) throw error;
    this.wasLost = true;
    const { fingerprint } = this.session;
    this.session.close();
    try {
      this.session = await this.open();
    } catch {
      // There is none any more: the loss says more than that.
      throw error;
    }
    // Another adapter adds in another order.
    if (fingerprintDifference(fingerprint, this.session.fingerprint) !== null) throw error;
    return error;
  }
}
