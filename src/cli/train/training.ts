import type { Output } from '../../base/output.js';
import type { Dataset } from '../../data/dataset.js';
import type { Circumstances, PlannedExperiment } from '../../experiments/index.js';
import type { RunClaim, UnitTrial } from '../../runs/index.js';
import type { NamedTuning } from '../../runs/tuning-file.js';
import type { TrainSettings } from '../train-options.js';
import { assert, EngineError } from '../../base/errors.js';
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
  /** What units have trained already; null where there are none. */
  readonly merged: MergedUnits | null;
  readonly output: Output;
  readonly signal: AbortSignal;
}

/** Where a training runs, as far as its records say. */
export type Place = Pick<Session, 'adapter' | 'fingerprint' | 'environment'>;

/** The results of all units of a run. */
export interface MergedUnits {
  /** Where the first of them was trained. */
  readonly place: Place;
  /** Adapters that took part, where several did under `--mixed`. */
  readonly mixed: readonly string[];
  /** By `resultKey`. */
  readonly trials: ReadonlyMap<string, UnitTrial>;
}

/** Where the training runs, or where the first of its units was trained. */
export function placeOf({ merged, adapter }: Pick<Training, 'merged' | 'adapter'>): Place {
  return merged?.place ?? adapter.session;
}

export function namedTuning({ tuning }: Training): Circumstances['tuning'] {
  return tuning && { file: tuning.file, sha256: tuning.sha256 };
}

/** The adapter of a training, which is opened once it is needed, and can be lost and opened anew. */
export class LiveSession {
  private wasLost = false;
  private opened: Session | null = null;

  /** @param open asks for an adapter and its device */
  constructor(private readonly open: () => Promise<Session>) {}

  /** The open adapter. */
  get session(): Session {
    assert(this.opened !== null, 'an adapter is opened before it is used');
    return this.opened;
  }

  /** @throws EngineError `no-adapter` */
  async ensure(): Promise<Session> {
    this.opened ??= await this.open();
    return this.opened;
  }

  close(): void {
    this.opened?.close();
    this.opened = null;
  }

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
      this.opened = await this.open();
    } catch {
      // There is none any more: the loss says more than that.
      throw error;
    }
    // Another adapter adds in another order.
    if (fingerprintDifference(fingerprint, this.session.fingerprint) !== null) throw error;
    return error;
  }
}
