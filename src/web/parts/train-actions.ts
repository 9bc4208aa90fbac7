import type { AskedTraining, Format } from '../protocol.js';

/** What can be done with trainings. */
export interface TrainActions {
  readonly start: (asked: AskedTraining) => void;
  readonly steer: (how: 'pause' | 'resume' | 'stop') => void;
  readonly watch: (trial: number) => void;
  readonly download: (trial: number, format: Format) => void;
  readonly resumeSaved: () => void;
  readonly forgetSaved: () => void;
}
