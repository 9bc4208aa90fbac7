import { describe, expect, it } from 'vitest';
import type { Look, NetworkFacts, TrialOutcome } from '../protocol.js';
import { standardConfig } from './form.js';
import { beginning, change, isBusy, type PageAction, type PageState } from './page-state.js';

const network = (id: string): NetworkFacts => ({ id, title: id, about: '', classNames: ['a', 'b'] });
const opened: PageAction = {
  kind: 'opened',
  opened: {
    adapter: 'a GPU',
    software: false,
    version: '1',
    networks: [network('shipped')],
    examples: [],
    saved: { text: 'saved' },
  },
};
const data = { id: 'synthetic:10/10', title: '', about: '' };
const trials = ['A', 'B'].map((name) => ({ name, seed: 0, config: standardConfig }));
const started: PageAction = { kind: 'started', data, trials };
const epoch = (...epochs: readonly (readonly [trial: number, epoch: number])[]): PageAction => ({
  kind: 'epoch',
  records: epochs.map(([trial, each]) => ({
    trial,
    record: { epoch: each, train: { loss: 1 / each, accuracy: 0.5 }, validation: null },
  })),
  stepsPerSecond: 10,
  seconds: 1,
});
const look = (trial: number): Look => ({
  trial,
  epoch: 1,
  step: 0,
  weights: new Float32Array(),
  units: 0,
  rows: 28,
  columns: 28,
  confusion: null,
});

const after = (...actions: readonly PageAction[]): PageState => actions.reduce(change, beginning);
const epochsOf = ({ training }: PageState): number[][] =>
  training!.trials.map(({ history }) => history.map((record) => record.epoch));

describe('networks', () => {
  it('the first one reads', () => {
    expect(after(opened)).toMatchObject({ network: 'shipped', saved: { text: 'saved' } });
  });

  it('one that is opened, or begins to train, reads from then on; new weights change nothing', () => {
    const added = after(opened, { kind: 'added', added: { kind: 'network', network: network('mine') } });
    expect(added.network).toBe('mine');
    const trained = change(added, { kind: 'network', network: network('trial-0'), isNew: true });
    expect(trained.network).toBe('trial-0');
    const back = change(trained, { kind: 'choose', network: 'shipped' });
    const later = change(back, { kind: 'network', network: network('trial-0'), isNew: false });
    expect(later.network).toBe('shipped');
    expect(later.networks.map(({ id }) => id)).toEqual(['shipped', 'mine', 'trial-0']);
  });
});

describe('a training', () => {
  it('is busy from asking to its end', () => {
    const steps: readonly (readonly [PageAction, boolean])[] = [
      [{ kind: 'asked' }, true],
      [started, true],
      [{ kind: 'steered', to: 'paused' }, true],
      [{ kind: 'steered', to: 'stopping' }, true],
      [{ kind: 'stopped', saved: { text: 'again' } }, false],
    ];
    let state = after(opened);
    for (const [action, isExpected] of steps) {
      state = change(state, action);
      expect(isBusy(state.training)).toBe(isExpected);
    }
    expect(state.saved).toEqual({ text: 'again' });
  });

  it('collects the epochs of each trial; a resumed one goes back to its checkpoint', () => {
    const running = after(
      { kind: 'asked' },
      started,
      epoch([0, 1], [1, 1]),
      epoch([0, 2], [1, 2]),
      epoch([0, 3]),
    );
    expect(epochsOf(running)).toEqual([
      [1, 2, 3],
      [1, 2],
    ]);
    const resumed = change(running, epoch([0, 1], [0, 2]));
    expect(epochsOf(resumed)).toEqual([
      [1, 2],
      [1, 2],
    ]);
  });

  it('shows the trial that is watched, and no other', () => {
    const watching = after(
      { kind: 'asked' },
      started,
      { kind: 'look', look: look(0) },
      { kind: 'watch', trial: 1 },
    );
    expect(watching.training?.look).toBeNull();
    expect(change(watching, { kind: 'look', look: look(0) }).training?.look).toBeNull();
    expect(change(watching, { kind: 'look', look: look(1) }).training?.look?.trial).toBe(1);
  });

  it('ends with results, those that diverged without', () => {
    const outcome = { weightsSha256: 'ab' } as TrialOutcome;
    const done = after({ kind: 'asked' }, started, {
      kind: 'finished',
      outcomes: [outcome, null],
      problem: { message: 'B diverged' },
    });
    expect(done.training?.trials.map((view) => view.outcome)).toEqual([outcome, null]);
    expect(done.problem?.message).toBe('B diverged');
    expect(isBusy(done.training)).toBe(false);
  });

  it('what comes late, when there is none, changes nothing', () => {
    expect(after(opened, epoch([0, 1])).training).toBeNull();
  });
});
