/** What people do on the page, as calls to the worker and changes of the page's state. */
import { problemOf, type Client } from './client.js';
import { planForOwn } from './logic/own-plan.js';
import type { Plan } from './logic/form.js';
import type { PageAction } from './logic/page-state.js';
import type { TrainActions } from './parts/train-actions.js';
import type { GivenFile, OwnClass } from './protocol.js';
import { saveFile } from './save-file.js';

export type Dispatch = (action: PageAction) => void;

export interface PageActions extends TrainActions {
  readonly open: () => void;
  readonly addFiles: (files: Promise<readonly GivenFile[]>) => void;
  /** Makes a data set of drawings, and trains on it. */
  readonly trainOnOwn: (classes: readonly OwnClass[]) => void;
}

const statusAfter = { pause: 'paused', resume: 'running', stop: 'stopping' } as const;

/** @param setPlan changes what is asked for in the form */
export function pageActions(
  client: Client,
  act: Dispatch,
  setPlan: (change: (plan: Plan) => Plan) => void,
): PageActions {
  const { call } = client;
  return {
    ...trainActions(client, act),
    open: () => {
      call('open', null).then(
        (opened) => {
          act({ kind: 'opened', opened });
        },
        (error: unknown) => {
          const problem = problemOf(error);
          act({ kind: problem.kind === 'no-adapter' ? 'unable' : 'problem', problem });
        },
      );
    },
    addFiles: (files) => {
      doing(act, async () => {
        const given = await files;
        if (given.length === 0) return;
        for (const added of await call('addFiles', given)) {
          act({ kind: 'added', added });
          if (added.kind === 'data') setPlan((plan) => ({ ...plan, data: added.data.id }));
        }
      });
    },
    trainOnOwn: (classes) => {
      beginning(act, async () => {
        const data = await call('addOwn', classes);
        act({ kind: 'added', added: { kind: 'data', data } });
        const { plan, asked } = planForOwn(data.id);
        setPlan(() => plan);
        await call('train', asked);
      });
    },
  };
}

function trainActions({ call }: Client, act: Dispatch): TrainActions {
  return {
    start: (asked) => {
      beginning(act, () => call('train', asked));
    },
    resumeSaved: () => {
      beginning(act, () => call('resumeSaved', null));
    },
    forgetSaved: () => {
      act({ kind: 'forgotten' });
      doing(act, () => call('forgetSaved', null));
    },
    steer: (how) => {
      act({ kind: 'steered', to: statusAfter[how] });
      doing(act, () => call('steer', how));
    },
    watch: (trial) => {
      act({ kind: 'watch', trial });
      doing(act, () => call('watch', trial));
    },
    download: (trial, format) => {
      doing(act, async () => {
        saveFile(await call('download', { trial, format }));
      });
    },
  };
}

/** Runs it to its end; what goes wrong is shown. */
function doing(act: Dispatch, work: () => Promise<unknown>): void {
  work().catch((error: unknown) => {
    act({ kind: 'problem', problem: problemOf(error) });
  });
}

/** As `doing`, for what begins a training: it has not begun if it goes wrong. */
function beginning(act: Dispatch, work: () => Promise<unknown>): void {
  act({ kind: 'asked' });
  work().catch((error: unknown) => {
    act({ kind: 'failed', problem: problemOf(error), saved: null });
  });
}
