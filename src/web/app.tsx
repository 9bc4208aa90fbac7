/** The page: what a visitor sees, over a worker that computes. */
import { render } from 'preact';
import { useEffect, useMemo, useReducer, useState } from 'preact/hooks';
import { startClient, type Client } from './client.js';
import { addressOf, planOf, type Plan } from './logic/form.js';
import { beginning, change, isBusy, type PageState } from './logic/page-state.js';
import { pageActions, type Dispatch } from './page-actions.js';
import { DrawSection } from './parts/draw-section.js';
import { FilesSection } from './parts/files-section.js';
import { Notice, Place, ProblemNotice } from './parts/notices.js';
import { OwnSection } from './parts/own-section.js';
import { Saved } from './parts/saved.js';
import type { TrainActions } from './parts/train-actions.js';
import { TrainSection } from './parts/train-section.js';
import type { Problem } from './protocol.js';

function Page({ connect }: { readonly connect: (act: Dispatch) => Client }) {
  const [state, act] = useReducer(change, beginning);
  const [plan, setPlan] = usePlan();
  const client = useMemo(() => connect(act), []);
  const actions = useMemo(() => pageActions(client, act, setPlan), [client]);
  useEffect(actions.open, [actions]);
  useUnable(state.unable);
  const { opened, training, network } = state;
  const waiting = opened === null ? waitingFor(state) : null;
  if (state.unable !== null) return null;
  return (
    <>
      <Notices state={state} act={act} actions={actions} />
      <DrawSection
        client={client}
        networks={state.networks}
        network={network}
        examples={opened?.examples ?? []}
        stand={standOf(state)}
        act={act}
      />
      <TrainSection
        plan={plan}
        setPlan={setPlan}
        data={state.data}
        training={training}
        saved={state.saved}
        waiting={waiting}
        actions={actions}
      />
      <OwnSection
        reason={waiting ?? (isBusy(training) ? 'A training is under way: stop it first.' : null)}
        use={actions.trainOnOwn}
      />
      <FilesSection reason={waiting} add={actions.addFiles} run={state.run} />
      {opened !== null && <Place opened={opened} />}
    </>
  );
}

/** Why nothing can be done yet. */
function waitingFor({ problem }: PageState): string {
  return problem === null ? 'The GPU is being opened.' : 'The GPU is not open: see the message above.';
}

/** Changes when the network that reads has other weights. */
function standOf({ training, network }: PageState): string {
  const { look, status } = training ?? {};
  return `${network} ${look?.trial} ${look?.epoch} ${look?.step} ${status === 'done'}`;
}

interface NoticesProps {
  readonly state: PageState;
  readonly act: Dispatch;
  readonly actions: TrainActions;
}

function Notices({ state, act, actions }: NoticesProps) {
  const { problem, notice, opened, saved, training } = state;
  return (
    <>
      {problem !== null && (
        <ProblemNotice
          problem={problem}
          close={() => {
            act({ kind: 'problem', problem: null });
          }}
        />
      )}
      {notice !== null && (
        <Notice
          id="notice"
          close={() => {
            act({ kind: 'read-notice' });
          }}
        >
          {notice}
        </Notice>
      )}
      {saved !== null && training === null && <Saved saved={saved} actions={actions} isWaiting={false} />}
      {opened?.software === true && (
        <Notice id="software">
          No GPU is used here: your CPU runs the shaders ({opened.adapter}), slowly.
        </Notice>
      )}
    </>
  );
}

/** The plan, kept in the address behind `#`. */
function usePlan(): [Plan, (change: (plan: Plan) => Plan) => void] {
  const [plan, setPlan] = useState(() => planOf(location.hash));
  useEffect(() => {
    const listen = (): void => {
      setPlan(planOf(location.hash));
    };
    addEventListener('hashchange', listen);
    return () => {
      removeEventListener('hashchange', listen);
    };
  }, []);
  useEffect(() => {
    const address = addressOf(plan);
    history.replaceState(null, '', address === '' ? location.pathname + location.search : `#${address}`);
  }, [plan]);
  return [plan, setPlan];
}

/** Shows the part of index.html that says what to switch on. */
function useUnable(problem: Problem | null): void {
  useEffect(() => {
    if (problem === null) return;
    const said = [problem.message, problem.found].filter((each) => each !== undefined).join(': ');
    showWithoutWebgpu(`What was found here: ${said}.`);
  }, [problem]);
}

function showWithoutWebgpu(reason: string): void {
  document.getElementById('without-webgpu')!.hidden = false;
  document.getElementById('without-webgpu-reason')!.textContent = reason;
}

function start(): void {
  if (!('gpu' in navigator)) {
    showWithoutWebgpu('');
    return;
  }
  const connect = (act: Dispatch): Client =>
    startClient(act, (problem) => {
      act({ kind: 'problem', problem });
    });
  render(<Page connect={connect} />, document.getElementById('app')!);
}

start();
