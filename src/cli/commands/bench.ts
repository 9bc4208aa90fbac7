/** scripts/bench.js: training steps per second beside other engines, or trials side by side. */
import { legacyCommand } from '../legacy.js';
import { cacheDirectory } from '../../data/cache.js';
import { parseArguments } from '../arguments.js';
import { compareContenders, type CompareTools } from '../../tools/bench/compare.js';
import { loadStepBench } from '../../tools/bench/load-step-bench.js';
import { watchMachine } from '../../tools/bench/machine.js';
import { startContender } from '../../tools/bench/process.js';
import { runCommand } from '../../tools/bench/run-command.js';
import { benchOptions, benchSettings } from '../bench-settings.js';
import type { OpenStepBench } from '../../tools/bench/step-bench.js';
import { compareTrials } from '../../tools/bench/trials.js';
import { exitCodeOf, type CommandContext } from '../command.js';
import { helpText } from '../help.js';
import { commandOutput } from '../output.js';
import { readTuningFile } from '../session.js';

/** What the command measures with; tests put others in place. */
export interface BenchTools extends CompareTools {
  readonly open: OpenStepBench;
}

/** @returns the exit code; never throws */
export function benchCommand(
  argv: readonly string[],
  { stdout, stderr, signal }: CommandContext,
  tools: BenchTools = {
    run: runCommand,
    start: startContender,
    open: loadStepBench,
    cache: cacheDirectory(),
    watch: watchMachine(),
  },
): Promise<number> {
  const output = commandOutput(argv, { stdout, stderr });
  return exitCodeOf(output, signal, async () => {
    const given = parseArguments(benchOptions, argv, 'node scripts/bench.js --help');
    const settings = benchSettings(given);
    if (given.has('--help')) {
      output.result(helpText('node scripts/bench.js [options]', benchOptions));
      return 0;
    }
    const tuning = readTuningFile(settings.tuning, output);
    switch (settings.mode) {
      case 'steps':
        await compareContenders({ settings, output, signal, tools });
        return 0;
      case 'trials':
        await compareTrials({ settings, tuning, output, signal, tools });
        return 0;
    }
  });
}

export const command = legacyCommand(
  {
    name: 'bench',
    group: 'speed',
    summary: 'measure training steps per second, alone or beside other engines',
  },
  (argv, context) => benchCommand(argv, context),
);
