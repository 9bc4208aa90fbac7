/** Measures time and memory of a training step over batch sizes and widths. */
import { watchMachine } from '../../tools/bench/machine.js';
import { measureScale } from '../../tools/bench/scale.js';
import { openStepBench } from '../../tools/bench/step-bench.js';
import { defineCommand, type Command } from '../command.js';
import { defaulting } from '../option.js';
import { readTuningFile } from '../session.js';
import { adapter, counted, listed, seconds, tuning } from '../shared-options.js';

/** What the command measures with; tests put others in place. */
export function scale(open = openStepBench, watch = watchMachine()): Command {
  return defineCommand({
    name: 'scale',
    group: 'speed',
    summary: 'measure time and memory of a step over batch sizes and widths',
    options: {
      batch: defaulting(listed('--batch', 'N,N', 'batch sizes'), [1, 8, 32, 128, 512, 2048, 8192]),
      width: defaulting(listed('--width', 'N,N', 'widths of the hidden layers'), [32, 128, 512, 2048, 4096]),
      depth: defaulting(counted('--depth', 'N', 'hidden layers', [1, 32]), 2),
      rounds: defaulting(counted('--rounds', 'R', 'how often each point is timed', [1, 100]), 3),
      budget: defaulting(
        seconds(
          '--budget',
          'points that would take longer than this over all rounds, judging from less work, are skipped',
          'above 0',
        ),
        10,
      ),
      adapter,
      tuning,
    },
    quiet: 'the tables only, no progress',
    run: async ({ batch, width, ...settings }, { output, signal }) => {
      const tuning = readTuningFile(settings.tuning, output);
      const scaled = { ...settings, tuning, batches: ascending(batch), widths: ascending(width) };
      await measureScale(scaled, { output, signal, tools: { open, watch } });
      return 0;
    },
  });
}

export const command = scale();

function ascending(values: readonly number[]): number[] {
  return [...new Set(values)].sort((a, b) => a - b);
}
