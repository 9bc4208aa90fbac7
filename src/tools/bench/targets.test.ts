/** How many times as fast as others this project means to be: measured in the long form only. */
import { describe, expect, it } from 'vitest';
import { cacheDirectory } from '../../data/cache.js';
import type { Output } from '../../base/output.js';
import { isLong, longTimeout } from '../../testing/modes.js';
import { compareContenders, type BenchSettings } from './compare.js';
import { peers } from './contenders.js';
import { watchMachine } from './machine.js';
import { startContender } from './process.js';
import type { Result } from './results.js';
import { runCommand } from './peers.js';
import { openStepBench } from './step-bench.js';
import { compareTrials, type TrialsResult } from './trials.js';

/** By batch size, on a software adapter with 2 cores; of the settings of a peer, the fastest counts. */
const targets: readonly { readonly peer: RegExp; readonly ratios: Readonly<Record<number, number>> }[] = [
  { peer: /^tfjs-webgpu$/, ratios: { 32: 35, 128: 17, 256: 19 } },
  { peer: /^jax-js$/, ratios: { 32: 10, 128: 10, 256: 10 } },
  { peer: /^PyTorch CPU, 1 thread$/, ratios: { 32: 1.2, 128: 1, 256: 0.85 } },
  { peer: /^PyTorch CPU, \d+ threads?$/, ratios: { 32: 0.9, 128: 0.75, 256: 0.7 } },
];

const settings: BenchSettings = {
  batches: [32, 128, 256],
  rounds: 5,
  steps: null,
  peers: true,
  browser: false,
  python: undefined,
  adapter: undefined,
  tuning: undefined,
};

/** Prints what is told, and keeps the results. */
function record() {
  const results: unknown[] = [];
  let isSoftware = true;
  const output: Output = {
    info: (text) => {
      console.log(text);
    },
    result: (text) => {
      console.log(text);
    },
    error: () => undefined,
    live: () => undefined,
    clear: () => undefined,
    bold: (text) => text,
    isLive: false,
    event: ({ event, software, ...rest }) => {
      if (event === 'adapter') isSoftware = software === true;
      if (event === 'result') results.push(rest);
    },
  };
  return { output, results, isSoftware: () => isSoftware };
}

it('targets are of peers that there are', () => {
  for (const { peer } of targets) expect(peers(2).some(({ name }) => peer.test(name))).toBe(true);
});

describe.runIf(isLong)('on a software adapter with two cores', () => {
  const { signal } = new AbortController();
  const watch = watchMachine();

  it(
    'steps reach their targets against the peers that can be installed here',
    async () => {
      const { output, results } = record();
      const tools = { run: runCommand, start: startContender, cache: cacheDirectory(), watch };
      await compareContenders({ settings, output, signal, tools });
      const missed = targets.flatMap(({ peer, ratios }) =>
        settings.batches.flatMap((batch) => {
          const ofPeer = (results as Result[]).filter(
            ({ contender, batch: at }) => at === batch && peer.test(contender),
          );
          const ratio = Math.min(...ofPeer.map((result) => result.ratio!.median));
          return ratio < ratios[batch]!
            ? [`batch ${batch}, ${peer.source}: ${ratio} of ${ratios[batch]!}`]
            : [];
        }),
      );
      expect(missed).toEqual([]);
    },
    longTimeout,
  );

  it(
    '15 trials side by side are no slower than one after another; on a GPU they take at most twice the time of one',
    async () => {
      const { output, results, isSoftware } = record();
      const tools = { open: openStepBench, watch };
      await compareTrials({ ...settings, trials: 15, tuning: null }, { output, signal, tools });
      for (const { ratio, timeOfOne } of results as TrialsResult[])
        if (isSoftware()) expect(ratio.median).toBeGreaterThanOrEqual(1);
        else expect(timeOfOne.median).toBeLessThanOrEqual(2);
    },
    longTimeout,
  );
});
