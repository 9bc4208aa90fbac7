/** scale.js: time and memory of a training step over batch sizes and widths. */
import { freemem } from 'node:os';
import type { Output } from '../../base/output.js';
import { textColumns, wrap } from '../../base/text.js';
import { tellMachine } from './machine.js';
import {
  isTimed,
  measureGrid,
  measureLaunch,
  type GridOptions,
  type LaunchCost,
  type Point,
  type PointResult,
} from './scale-grid.js';
import {
  growsFaster,
  growthText,
  launchText,
  missingText,
  perFlop,
  rate,
  scaleLegend,
  scaleTable,
} from './scale-table.js';
import { withStepBench, type ChosenAdapter, type StepBenchContext } from './step-bench.js';

/** A step on a software adapter lives in the memory of this machine, which needs some of it for itself. */
const memoryShare = 0.7;

export interface ScaleSettings extends ChosenAdapter {
  /** In ascending order. */
  readonly batches: readonly number[];
  readonly widths: readonly number[];
  /** Hidden layers. */
  readonly depth: number;
  readonly rounds: number;
  /** The longest that one point may take over all rounds, in seconds. */
  readonly budget: number;
}

/** Times every batch size with every width, and tells what it found. */
export function measureScale(settings: ScaleSettings, context: StepBenchContext): Promise<void> {
  const { batches, widths, depth, rounds, budget } = settings;
  const { output, signal, tools } = context;
  return withStepBench(context, settings, { depth, rounds }, async (bench) => {
    const options: GridOptions = {
      points: widths.flatMap((width) => batches.map((batch) => ({ width, batch }))),
      depth,
      rounds,
      budget,
      memory: bench.software ? memoryShare * freemem() : Infinity,
      signal,
      beforeRound: tools.watch.sample,
      onPoint: ({ width, batch }, round) => {
        output.live(`round ${round + 1} of ${rounds}: width ${width}, batch ${batch}`);
      },
    };
    const launch = await measureLaunch(bench, options);
    const points = await measureGrid(bench, launch, options);
    output.clear();
    tellPoints(points, launch, output);
    const title = `a training step of 784${'-W'.repeat(depth)}-10`;
    const notes = [scaleLegend, ...missingText(points), tellMachine(output, tools.watch)].map((text) =>
      wrap(text, textColumns, '  '),
    );
    output.result(`\n${title}\n\n${[scaleTable(points, launch), ...notes].join('\n')}`);
    output.result(`\n${launchText(launch)}\n\n${growthText(points)}`);
  });
}

/** The same as events. */
function tellPoints(points: readonly PointResult[], launch: LaunchCost, output: Output): void {
  output.event({ event: 'launch', ...launch });
  for (const point of points) {
    const derived = isTimed(point) ? { flopPerSecond: rate(point), timePerFlop: perFlop(point, points) } : {};
    output.event({ event: 'point', ...point, ...derived });
  }
  const at = ({ width, batch }: Point): Point => ({ width, batch });
  for (const { from, to, ...growth } of growsFaster(points))
    output.event({ event: 'growth', from: at(from), to: at(to), ...growth });
}
