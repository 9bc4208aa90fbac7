/** Training in the page: what is asked for, how it goes, what came of it. */
import { namesOf, trialOf, type Faults, type Plan } from '../logic/form.js';
import { isBusy, type TrainingView } from '../logic/page-state.js';
import type { DataFacts, SavedTraining } from '../protocol.js';
import { DataField } from './data-field.js';
import { Saved } from './saved.js';
import { SettingsForm } from './settings-form.js';
import type { TrainActions } from './train-actions.js';
import { TrainingProgress } from './training-progress.js';

interface TrainSectionProps {
  readonly plan: Plan;
  readonly setPlan: (change: (plan: Plan) => Plan) => void;
  readonly data: readonly DataFacts[];
  readonly training: TrainingView | null;
  readonly saved: SavedTraining | null;
  /** Why nothing can be trained yet; null: it can. */
  readonly waiting: string | null;
  readonly actions: TrainActions;
}

export function TrainSection({ plan, setPlan, data, training, saved, waiting, actions }: TrainSectionProps) {
  const isLocked = isBusy(training);
  const [first, second] = trialsOf(plan);
  const trials = [first, second].flatMap((each) => each?.trial ?? []);
  const isSound = first.faults === null && (second?.faults ?? null) === null;
  const reason = waiting ?? reasonAgainst(isLocked, isSound);
  return (
    <section aria-labelledby="train-title">
      <h2 id="train-title">Train here</h2>
      <p>
        A network learns in this page, and reads your drawing while it learns. The address keeps the settings.
      </p>
      <DataField plan={plan} setPlan={setPlan} data={data} isLocked={isLocked} />
      <Forms
        plan={plan}
        setPlan={setPlan}
        faults={[first.faults, second?.faults ?? null]}
        isLocked={isLocked}
      />
      <Buttons
        training={training}
        reason={reason}
        steer={actions.steer}
        start={() => {
          actions.start({ data: plan.data, trials });
        }}
      />
      {training !== null && saved !== null && !isLocked && (
        <Saved saved={saved} actions={actions} isWaiting={waiting !== null} />
      )}
      {training !== null && <TrainingProgress training={training} actions={actions} />}
    </section>
  );
}

/** What the one or two forms ask for. */
function trialsOf({ first, second }: Plan) {
  const [nameA, nameB] = namesOf(first, second);
  return [trialOf(first, nameA!), second === null ? null : trialOf(second, nameB!)] as const;
}

/** Why a training cannot begin; null: it can. */
function reasonAgainst(isLocked: boolean, isSound: boolean): string | null {
  if (isLocked) return 'A training is under way: stop it first.';
  return isSound ? null : 'A setting cannot be used: see the fields above.';
}

interface FormsProps {
  readonly plan: Plan;
  readonly setPlan: TrainSectionProps['setPlan'];
  readonly faults: readonly [Faults | null, Faults | null];
  readonly isLocked: boolean;
}

function Forms({ plan: { first, second }, setPlan, faults, isLocked }: FormsProps) {
  return (
    <>
      <SettingsForm
        prefix="a"
        legend={second === null ? 'Settings' : 'A'}
        form={first}
        faults={faults[0]}
        isLocked={isLocked}
        set={(form) => {
          setPlan((plan) => ({ ...plan, first: form }));
        }}
      />
      {second !== null && (
        <SettingsForm
          prefix="b"
          legend="B"
          form={second}
          faults={faults[1]}
          isLocked={isLocked}
          set={(form) => {
            setPlan((plan) => ({ ...plan, second: form }));
          }}
        />
      )}
      <label class="row">
        <input
          type="checkbox"
          id="compare"
          checked={second !== null}
          disabled={isLocked}
          onChange={(event) => {
            const isAsked = event.currentTarget.checked;
            setPlan((plan) => ({ ...plan, second: isAsked ? plan.first : null }));
          }}
        />
        Train a second setting beside it
      </label>
    </>
  );
}

interface ButtonsProps {
  readonly training: TrainingView | null;
  readonly reason: string | null;
  readonly start: () => void;
  readonly steer: TrainActions['steer'];
}

function Buttons({ training, reason, start, steer }: ButtonsProps) {
  const status = training?.status;
  const isLive = status === 'running' || status === 'paused';
  return (
    <div class="row" role="group" aria-label="Training">
      <button
        type="button"
        class="primary"
        id="start"
        disabled={reason !== null}
        aria-describedby="start-reason"
        onClick={start}
      >
        Train
      </button>
      {status === 'paused' ? (
        <button
          type="button"
          id="resume"
          onClick={() => {
            steer('resume');
          }}
        >
          Resume
        </button>
      ) : (
        <button
          type="button"
          id="pause"
          disabled={!isLive}
          onClick={() => {
            steer('pause');
          }}
        >
          Pause
        </button>
      )}
      <button
        type="button"
        id="stop"
        disabled={!isLive}
        onClick={() => {
          steer('stop');
        }}
      >
        Stop
      </button>
      <span id="start-reason" class="small quiet">
        {reason ?? ''}
      </span>
    </div>
  );
}
