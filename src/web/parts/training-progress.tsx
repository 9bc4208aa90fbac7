/** A training that is under way or over: curves, pictures, results, files. */
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { TrainingView, TrialView } from '../logic/page-state.js';
import { openedFolder } from '../logic/command.js';
import type { Format, TrialOutcome } from '../protocol.js';
import { Curves, type Curve } from './curves.js';
import { ConfusionTable, Units } from './pictures.js';
import type { TrainActions } from './train-actions.js';

export function TrainingProgress({
  training,
  actions,
}: {
  readonly training: TrainingView;
  readonly actions: TrainActions;
}) {
  const { trials, look, confusion, status } = training;
  // The same list until an epoch is done: charts are drawn anew for another one.
  const curves = useMemo(() => trials.map(({ asked: { name }, history }) => ({ name, history })), [trials]);
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    // It may have been started from further below.
    if (status === 'starting') box.current!.scrollIntoView({ block: 'nearest' });
  }, [status]);
  return (
    <div ref={box} id="training">
      <p class="status" id="status">
        {statusText(training)}
      </p>
      <p class="visually-hidden" role="status">
        {words[status]}
      </p>
      {trials.length > 0 && <Curves curves={curves} />}
      {trials.length > 1 && <Watched training={training} watch={actions.watch} />}
      {(look !== null || confusion !== null) && (
        <div class="charts">
          {look !== null && <Units look={look} />}
          {confusion !== null && (
            <ConfusionTable
              confusion={confusion}
              caption="Test images: what they are (rows) and what they are read as"
            />
          )}
        </div>
      )}
      {trials.map(
        (view, i) =>
          view.outcome !== null && (
            <Outcome
              key={i}
              view={view}
              outcome={view.outcome}
              trial={i}
              isAlone={trials.length === 1}
              actions={actions}
            />
          ),
      )}
      {trials.some(({ history }) => history.length > 0) && <Figures trials={trials} />}
    </div>
  );
}

const words: Readonly<Record<TrainingView['status'], string>> = {
  starting: 'Getting the data and compiling shaders...',
  running: 'Training',
  paused: 'Paused',
  stopping: 'Stopping...',
  stopped: 'Stopped',
  failed: 'Failed',
  done: 'Done',
};

function statusText({ status, progress, trials, stepsPerSecond, seconds }: TrainingView): string {
  const done = Math.max(0, ...trials.map(({ history }) => history.at(-1)?.epoch ?? 0));
  const most = Math.max(0, ...trials.map(({ asked }) => asked.config.epochs));
  const step =
    status === 'running' && progress !== null && progress.epoch > done
      ? `, step ${progress.step} of ${progress.steps}`
      : '';
  const speed =
    stepsPerSecond === null ? '' : ` ${stepsPerSecond.toFixed(0)} steps per second, ${seconds.toFixed(1)} s.`;
  return most === 0 ? words[status] : `${words[status]}: epoch ${done} of at most ${most}${step}.${speed}`;
}

function Watched({
  training,
  watch,
}: {
  readonly training: TrainingView;
  readonly watch: TrainActions['watch'];
}) {
  return (
    <label class="field">
      Shown below
      <select
        id="watched"
        value={String(training.watched)}
        onChange={(event) => {
          watch(Number(event.currentTarget.value));
        }}
      >
        {training.trials.map(({ asked: { name } }, i) => (
          <option key={i} value={String(i)}>
            {name}
          </option>
        ))}
      </select>
    </label>
  );
}

/** What can be saved of a network, and as which file. */
const files: readonly (readonly [Format, name: string])[] = [
  ['safetensors', 'model.safetensors'],
  ['onnx', 'model.onnx'],
  ['summary', 'summary.json'],
];

interface OutcomeProps {
  readonly view: TrialView;
  readonly outcome: TrialOutcome;
  readonly trial: number;
  /** Whether there is no other. */
  readonly isAlone: boolean;
  readonly actions: TrainActions;
}

function Outcome({ view: { asked }, outcome, trial, isAlone, actions }: OutcomeProps) {
  const { test, epochs, seconds, stopped, weightsSha256, command } = outcome;
  const end = stopped === 'early' ? ', stopped early' : '';
  return (
    <div class="card outcome">
      <h3>{isAlone ? 'Result' : `Result of ${asked.name}`}</h3>
      <dl class="record">
        <dt>Test</dt>
        <dd>
          accuracy {(100 * test.accuracy).toFixed(1)} %, loss {test.loss.toFixed(4)}, after {epochs} epochs
          {end}, in {seconds.toFixed(1)} s
        </dd>
        <dt>sha256 of the weights</dt>
        <dd>
          <code class="sha256">{weightsSha256}</code>
        </dd>
        <dt>The same in Node</dt>
        <dd>
          <SameInNode command={command} />
        </dd>
      </dl>
      <div class="row">
        {files.map(([format, name]) => (
          <button
            key={format}
            type="button"
            onClick={() => {
              actions.download(trial, format);
            }}
          >
            Save {name}
          </button>
        ))}
      </div>
    </div>
  );
}

function SameInNode({ command }: { readonly command: string | null }) {
  if (command === null) return <>Node does not have these drawings.</>;
  return (
    <>
      This line gives the same bits on the same driver:
      <code class="line command">{command}</code>
      {command.includes(openedFolder) && (
        <span class="small quiet">
          {openedFolder} is where the files lie that you opened. Pictures that have to be decoded or scaled
          may give other pixels there.
        </span>
      )}
    </>
  );
}

/** So many epochs, the newest, stand in the table. */
const mostRows = 200;

function Figures({ trials }: { readonly trials: readonly TrialView[] }) {
  const [isOpen, setOpen] = useState(false);
  return (
    <details
      onToggle={(event) => {
        setOpen(event.currentTarget.open);
      }}
    >
      <summary>The curves as a table</summary>
      {isOpen &&
        trials.map(({ asked: { name }, history }, i) => (
          <FigureTable key={i} name={name} history={history} />
        ))}
    </details>
  );
}

function FigureTable({ name, history }: Curve) {
  const percent = (share: number | undefined): string =>
    share === undefined ? '' : `${(100 * share).toFixed(1)} %`;
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label={`Figures of ${name}`}>
      <table>
        <caption>{name}, newest first</caption>
        <thead>
          <tr>
            {['epoch', 'training loss', 'training accuracy', 'validation loss', 'validation accuracy'].map(
              (each) => (
                <th key={each} scope="col">
                  {each}
                </th>
              ),
            )}
          </tr>
        </thead>
        <tbody>
          {history
            .slice(-mostRows)
            .toReversed()
            .map(({ epoch, train, validation }) => (
              <tr key={epoch}>
                <th scope="row">{epoch}</th>
                <td>{train.loss.toFixed(4)}</td>
                <td>{percent(train.accuracy)}</td>
                <td>{validation?.loss.toFixed(4)}</td>
                <td>{percent(validation?.accuracy)}</td>
              </tr>
            ))}
        </tbody>
      </table>
    </div>
  );
}
