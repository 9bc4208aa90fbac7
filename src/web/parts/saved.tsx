/** A training that is not finished. */
import { useState } from 'preact/hooks';
import type { SavedTraining } from '../protocol.js';
import type { TrainActions } from './train-actions.js';

export function Saved({
  saved,
  actions,
  isWaiting,
}: {
  readonly saved: SavedTraining;
  readonly actions: TrainActions;
  readonly isWaiting: boolean;
}) {
  const [isAsked, setAsked] = useState(false);
  return (
    <div class="notice" id="saved" role="status">
      <p>{saved.text}</p>
      <div class="row">
        <button
          type="button"
          class="primary"
          id="resume-saved"
          disabled={isWaiting || isAsked}
          onClick={() => {
            setAsked(true);
            actions.resumeSaved();
          }}
        >
          Resume it
        </button>
        <button type="button" id="forget-saved" onClick={actions.forgetSaved}>
          Forget it
        </button>
      </div>
    </div>
  );
}
