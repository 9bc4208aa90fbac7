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
import { parseAddress } from '../../tools/queue/address.js';
import type { Simulation } from '../../tools/queue/simulate.js';
import { defineCommand, type RunContext } from '../command.js';
import { defaulting, switchOption, underAll } from '../option.js';
import { readTuningFile } from '../session.js';
import { adapter, counted, listed, named, seconds, tuning } from '../shared-options.js';
import { interrupted } from '../tell-error.js';

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

const options = {
  batch: defaulting(listed('--batch', 'N,N', 'batch sizes'), [32, 128, 256]),
  rounds: defaulting(counted('--rounds', 'R', 'rounds; in each, everyone is measured once', [1, 1000]), 5),
  steps: counted('--steps', 'N', 'steps per round (default: what takes each about 1.5 s)', [1, 1_000_000]),
  peers: switchOption(
    '--peers',
    'measure TensorFlow.js, jax-js and PyTorch beside it; npm packages are installed into the cache directory',
  ),
  browser: switchOption(
    '--browser',
    'measure in pages of headless Chromium, on its software adapter; CHROMIUM names the browser',
  ),
  python: named('--python', 'FILE', 'with --peers: the Python to take PyTorch from (default: the fastest)'),
  trials: counted(
    '--trials',
    'N',
    'instead: N trials side by side in one program, beside as many one after another',
    [2, maxTrials],
  ),
  ...underAll('a queue', {
    queue: named(
      '--queue',
      'URL',
      'instead: what a queue on this Redis or Valkey costs, with units that only wait',
    ),
    units: defaulting(counted('--units', 'N', 'with --queue: how many units', [1, 1_000_000]), 10_000),
    workers: defaulting(counted('--workers', 'N', 'with --queue: how many workers', [1, 10_000]), 1000),
    seconds: defaulting(seconds('--seconds', 'with --queue: what each unit takes', 'of at least 0'), 5),
  }),
  adapter,
  tuning,
};

export function bench(tools = standardTools) {
  return defineCommand({
    name: 'bench',
    group: 'speed',
    summary: 'measure training steps per second, alone or beside other engines',
    options,
    quiet: 'the tables only, no progress',
    run: async ({ batch, steps = null, trials, ...given }, { output, signal }) => {
      if (given.peers && trials !== undefined)
        throw new EngineError('usage', '--peers and --trials do not go together', {
          found: '--peers --trials',
          expected: 'one of them: each measures something else',
        });
      if (given.python !== undefined && !given.peers)
        throw new EngineError('usage', '--python goes with --peers', {
          found: `--python ${given.python} alone`,
          expected: 'a PyTorch to be measured beside',
          remedy: 'add --peers, or leave out --python',
        });
      if (given.browser)
        requireNoneOf({ '--trials': trials, '--adapter': given.adapter, '--tuning': given.tuning });
      if (given.queue !== undefined) return benchQueue(given.queue, given, { output, signal });
      const tuning = readTuningFile(given.tuning, output);
      const settings = { ...given, batches: [...new Set(batch)], steps };
      if (trials === undefined) await compareContenders({ settings, output, signal, tools });
      else await compareTrials({ ...settings, trials, tuning }, { output, signal, tools });
      return 0;
    },
  });
}

export const command = bench();

/** @param options what does not go with `--browser`, by name; undefined where it is not given */
function requireNoneOf(options: Readonly<Record<string, unknown>>): void {
  const [name] = Object.entries(options).find(([, value]) => value !== undefined) ?? [];
  if (name === undefined) return;
  throw new EngineError('usage', `--browser and ${name} do not go together`, {
    found: `--browser ${name}`,
    expected: "one training after the other, on the browser's software adapter, as the rules choose",
    remedy: `leave out one of them`,
  });
}

/** Measures what a queue costs, and says it. @returns the exit code */
async function benchQueue(
  url: string,
  asked: Simulation,
  { output, signal }: Pick<RunContext, 'output' | 'signal'>,
): Promise<number> {
  const address = parseAddress(url);
  const { simulateQueue } = await import('../../tools/queue/simulate.js');
  const found = await simulateQueue(address, asked, signal);
  if (signal.aborted) throw interrupted();
  const { units, workers } = asked;
  const own = found.workSeconds - found.idealSeconds;
  const mb = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;
  output.event({ event: 'queue', server: address.where, ...asked, ...found });
  output.result(
    [
      `enqueue:  ${units} units in ${found.enqueueSeconds.toFixed(1)} s, ` +
        `${Math.round(units / found.enqueueSeconds)} a second`,
      `work:     ${found.done} done by ${workers} workers in ${found.workSeconds.toFixed(1)} s; ` +
        `${found.idealSeconds.toFixed(1)} s if the queue cost nothing`,
      `overhead: ${((own / units) * 1000).toFixed(2)} ms a unit, of this process and the server together`,
      `server:   ${mb(found.memoryBefore)} before, ${mb(found.memoryEnqueued)} with all units, ` +
        `${mb(found.memoryMost)} at most; ${found.clients} connections`,
      `faults:   ${found.faults}`,
    ].join('\n'),
  );
  return 0;
}
