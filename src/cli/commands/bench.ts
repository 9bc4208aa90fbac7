/** Measures training steps per second beside other engines, or trials side by side. */
import { EngineError } from '../../base/errors.js';
import { cacheDirectory } from '../../data/cache.js';
import { maxTrials } from '../../kernels/tables.js';
import { compareContenders, type CompareTools } from '../../tools/bench/compare.js';
import { watchMachine } from '../../tools/bench/machine.js';
import { runCommand } from '../../tools/bench/peers.js';
import { startContender } from '../../tools/bench/process.js';
import { openStepBench, type OpenStepBench } from '../../tools/bench/step-bench.js';
import { compareTrials } from '../../tools/bench/trials.js';
import { defineCommand } from '../command.js';
import { defaulting, switchOption } from '../option.js';
import { readTuningFile } from '../session.js';
import { adapter, counted, listed, tuning } from '../shared-options.js';

/** What the command measures with; tests put others in place. */
export interface BenchTools extends CompareTools {
  readonly open: OpenStepBench;
}

const standardTools: BenchTools = {
  run: runCommand,
  start: startContender,
  open: openStepBench,
  cache: cacheDirectory(),
  watch: watchMachine(),
};

export function bench(tools = standardTools) {
  return defineCommand({
    name: 'bench',
    group: 'speed',
    summary: 'measure training steps per second, alone or beside other engines',
    options: {
      batch: defaulting(listed('--batch', 'N,N', 'batch sizes'), [32, 128, 256]),
      rounds: defaulting(
        counted('--rounds', 'R', 'rounds; in each, everyone is measured once', [1, 1000]),
        5,
      ),
      steps: counted(
        '--steps',
        'N',
        'steps per round (default: what takes each about 1.5 s)',
        [1, 1_000_000],
      ),
      peers: switchOption(
        '--peers',
        'measure TensorFlow.js, jax-js and PyTorch beside it; npm packages are installed into the cache directory',
      ),
      trials: counted(
        '--trials',
        'N',
        'instead: N trials side by side in one program, beside as many one after another',
        [2, maxTrials],
      ),
      adapter,
      tuning,
    },
    quiet: 'the tables only, no progress',
    run: async ({ batch, steps = null, trials, ...given }, { output, signal }) => {
      if (given.peers && trials !== undefined)
        throw new EngineError('usage', '--peers and --trials do not go together', {
          found: '--peers --trials',
          expected: 'one of them: each measures something else',
        });
      const tuning = readTuningFile(given.tuning, output);
      const settings = { ...given, batches: [...new Set(batch)], steps };
      if (trials === undefined) await compareContenders({ settings, output, signal, tools });
      else await compareTrials({ ...settings, trials, tuning }, { output, signal, tools });
      return 0;
    },
  });
}

export const command = bench();
