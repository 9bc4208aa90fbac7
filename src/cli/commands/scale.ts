/** Measures time and memory of a training step over batch sizes and widths. */
import { freemem } from 'node:os';
import { textColumns, wrap } from '../../base/text.js';
import { loadStepBench } from '../../tools/bench/load-step-bench.js';
import { tellMachine, watchMachine, type MachineWatch } from '../../tools/bench/machine.js';
import { isTimed, measureGrid, measureLaunch, type GridOptions } from '../../tools/bench/scale-grid.js';
import {
  growsFaster,
  growthText,
  launchText,
  missingText,
  perFlop,
  rate,
  scaleLegend,
  scaleTable,
} from '../../tools/bench/scale-table.js';
import type { OpenStepBench, StepBench } from '../../tools/bench/step-bench.js';
import { defineCommand, type Command, type RunContext, type Settings } from '../command.js';
import { defaulting, type OptionWithDefault } from '../option.js';
import { adapterText, readTuningFile } from '../session.js';
import { adapter, counted, listed, tuning } from '../shared-options.js';
import { realNumber } from '../values.js';

const options = {
  batch: defaulting(listed('--batch', 'N,N', 'batch sizes'), [1, 8, 32, 128, 512, 2048, 8192]),
  width: defaulting(listed('--width', 'N,N', 'widths of the hidden layers'), [32, 128, 512, 2048, 4096]),
  depth: defaulting(counted('--depth', 'N', 'hidden layers', [1, 32]), 2),
  rounds: defaulting(counted('--rounds', 'R', 'how often each point is timed', [1, 100]), 3),
  budget: defaulting(
    {
      flag: '--budget',
      value: 'SECONDS',
      help: 'points that would take longer than this over all rounds, judging from less work, are skipped',
      read: (text, flag) => realNumber(flag, text, 'above 0', (value) => value > 0),
    },
    10,
  ) satisfies OptionWithDefault<number>,
  adapter,
  tuning,
};

/** What the command measures with; tests put others in place. */
export function scale(open: OpenStepBench = loadStepBench, watch: MachineWatch = watchMachine()): Command {
  return defineCommand({
    name: 'scale',
    group: 'speed',
    summary: 'measure time and memory of a training step over batch sizes and widths',
    options,
    quiet: 'the tables only, no progress',
    run: async (settings, context) => {
      const named = readTuningFile(settings.tuning, context.output);
      const bench = await open({
        ...(settings.adapter !== undefined && { adapter: settings.adapter }),
        ...(named !== null && { tuning: named }),
      });
      try {
        await measure(settings, bench, watch, context);
      } finally {
        bench.close();
      }
      return 0;
    },
  });
}

export const command = scale();

/** A step on a software adapter lives in the memory of this machine, which needs some of it for itself. */
const memoryShare = 0.7;

async function measure(
  { depth, rounds, budget, ...given }: Settings<typeof options>,
  bench: StepBench,
  watch: MachineWatch,
  { output, signal }: RunContext,
): Promise<void> {
  const [batches, widths] = [ascending(given.batch), ascending(given.width)];
  const { description, software } = bench;
  output.event({ event: 'adapter', description, software, depth, rounds });
  output.info(adapterText(bench));
  const options: GridOptions = {
    points: widths.flatMap((width) => batches.map((batch) => ({ width, batch }))),
    depth,
    rounds,
    budget,
    memory: software ? memoryShare * freemem() : Infinity,
    signal,
    beforeRound: watch.sample,
    onPoint: ({ width, batch }, round) => {
      output.live(`round ${round + 1} of ${rounds}: width ${width}, batch ${batch}`);
    },
  };
  const launch = await measureLaunch(bench, options);
  const points = await measureGrid(bench, launch, options);
  output.clear();
  output.event({ event: 'launch', ...launch });
  for (const point of points) {
    const derived = isTimed(point) ? { flopPerSecond: rate(point), timePerFlop: perFlop(point, points) } : {};
    output.event({ event: 'point', ...point, ...derived });
  }
  for (const { from, to, work, time, beyondSpread } of growsFaster(points)) {
    const at = ({ width, batch }: typeof from): object => ({ width, batch });
    output.event({ event: 'growth', from: at(from), to: at(to), work, time, beyondSpread });
  }
  const title = `a training step of 784${'-W'.repeat(depth)}-10`;
  const notes = [scaleLegend, ...missingText(points), tellMachine(output, watch)].map((text) =>
    wrap(text, textColumns, '  '),
  );
  output.result(`\n${title}\n\n${[scaleTable(points, launch), ...notes].join('\n')}`);
  output.result(`\n${launchText(launch)}\n\n${growthText(points)}`);
}

function ascending(values: readonly number[]): number[] {
  return [...new Set(values)].sort((a, b) => a - b);
}
