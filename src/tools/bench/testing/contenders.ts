/** Contenders without processes, for tests of what is done with their figures. */
import type { Contender } from '../contenders.js';
import type { Answer, Running } from '../process.js';
import type { MachineWatch } from '../machine.js';
import type { Measured } from '../rounds.js';

export function contender(name: string): Contender {
  return {
    name,
    program: `${name}.js`,
    needs: null,
    threads: 1,
    about: 'a test',
  };
}

export interface FakeRunning extends Running {
  /** The numbers of steps that were asked for. */
  readonly asked: number[];
  stopped: boolean;
}

/** @param answer what it says to a number of steps: milliseconds and loss; may throw */
export function fakeRunning(
  answer: (steps: number, call: number) => Omit<Answer, 'steps'>,
  facts: Running['facts'] = { runsOn: 'a test machine' },
): FakeRunning {
  const asked: number[] = [];
  return {
    facts,
    asked,
    stopped: false,
    run: (steps) => {
      asked.push(steps);
      return new Promise((resolve) => {
        resolve({ steps, ...answer(steps, asked.length - 1) });
      });
    },
    stop() {
      this.stopped = true;
      return Promise.resolve();
    },
  };
}

export function measured(of: Contender, stepsPerSecond: readonly number[]): Measured {
  return { contender: of, facts: { runsOn: 'a test machine' }, steps: 10, stepsPerSecond };
}

/** A machine that nobody else uses. @param onSample called where a sample would be taken */
export function idleMachine(onSample = (): void => undefined): MachineWatch {
  return {
    cores: 2,
    share: () => 0,
    sample: () => {
      onSample();
      return Promise.resolve();
    },
  };
}
