/** The three-way test of exact resume: undisturbed; killed three times; continued with the weights alone. */
import { cpSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readState, saveState } from '../runs/index.js';
import type { Snapshot } from '../train/types.js';
import { isBuilt, outcomeOf, runTraining, type Ended } from './testing/training.js';

const epochs = 24;
const options = `--exp 3 --data synthetic:500/100 --hidden 16 --batch-size 4 --epochs ${epochs} --patience ${epochs}`;

let home: string;
beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), 'wgsl-train-three-way-'));
});
afterAll(() => {
  rmSync(home, { recursive: true, force: true });
});

const train = (line: string, disturbance?: number): Promise<Ended> =>
  runTraining(line.split(' '), {
    cwd: home,
    disturbances:
      disturbance === undefined
        ? []
        : [{ epoch: disturbance, afterMs: 80 * Math.random(), signal: 'SIGKILL' }],
  });
const expectDone = ({ code, stderr }: Ended): void => {
  expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' });
};

/** The state of every trial of a run with both moments zero. */
function forgetMoments(directory: string): void {
  for (const folder of readdirSync(join(directory, 'checkpoints'))) {
    const [, variant, seed] = /^(.*)-seed(\d+)$/.exec(folder)!;
    const { state, facts } = readState(directory, { variant: variant!, seed: Number(seed) })!;
    const zeros = (tensors: Snapshot['parameters']): Snapshot['parameters'] =>
      new Map(
        [...tensors].map(([name, { shape, data }]) => [name, { shape, data: new Float32Array(data.length) }]),
      );
    const forget = (snapshot: Snapshot): Snapshot => ({
      ...snapshot,
      firstMoments: zeros(snapshot.firstMoments),
      secondMoments: zeros(snapshot.secondMoments),
    });
    saveState(
      directory,
      { ...state, last: forget(state.last), best: state.best && forget(state.best) },
      facts,
    );
  }
}

describe.skipIf(!isBuilt || process.platform === 'win32')('a training', () => {
  it('that was killed three times gives the bits of one that was not; without its moments it does not', async () => {
    const directory = (name: string): string => join(home, name);
    expectDone(await train(`${options} --out undisturbed`));

    // At random moments in three parts of the training.
    const moments = [0, 1, 2].map((part) => 2 + Math.floor((part + Math.random()) * 0.2 * epochs));
    let command = `${options} --checkpoint-every 0 --out killed`;
    let kills = 0;
    for (const [i, moment] of moments.entries()) {
      const { code, signal, epochs: reached } = await train(command, moment);
      // On a crowded machine a training may have ended before this process knew that the epoch was over.
      if (code !== 0) {
        expect({ signal, code }).toEqual({ signal: 'SIGKILL', code: null });
        kills++;
      }
      console.log(
        `process ${i + 1}: epochs ${reached[0] ?? '-'} to ${reached.at(-1) ?? '-'}, ${signal ?? `exit ${code}`}`,
      );
      if (i === 0) cpSync(directory('killed'), directory('weights-only'), { recursive: true });
      command = '--resume killed --checkpoint-every 0';
    }
    expect(kills).toBeGreaterThan(0);
    expectDone(await train(command));

    forgetMoments(directory('weights-only'));
    rmSync(join(directory('weights-only'), 'summary.json'), { force: true });
    expectDone(await train('--resume weights-only'));

    const undisturbed = outcomeOf(directory('undisturbed'));
    expect(outcomeOf(directory('killed'))).toEqual(undisturbed);
    const { weights } = outcomeOf(directory('weights-only'));
    expect(weights).not.toEqual(undisturbed.weights);
  });
});
