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

/** @param answer what it says to a number of steps: milliseconds, on one core, and loss; may throw */
export function fakeRunning(
  answer: (steps: number, call: number) => Omit<Answer, 'steps' | 'cpuMs'>,
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
        const given = answer(steps, asked.length - 1);
        resolve({ steps, cpuMs: given.ms, ...given });
      });
    },
    stop() {
      this.stopped = true;
      return Promise.resolve();
    },
  };
}

export function measured(of: Contender, stepsPerSecond: readonly number[]): Measured {
  const cpuMs = stepsPerSecond.map((figure) => 1000 / figure);
  return { contender: of, facts: { runsOn: 'a test machine' }, steps: 10, stepsPerSecond, cpuMs };
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
