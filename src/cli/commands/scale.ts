/** scripts/scale.js: time and memory of a training step over batch sizes and widths. */
import { freemem } from 'node:os';
import { parseArguments, type OptionSpec } from '../arguments.js';
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
import type { OpenStepBench } from '../../tools/bench/step-bench.js';
import { exitCodeOf, type CommandContext } from '../command.js';
import { helpText } from '../help.js';
import { commandOutput, type Output } from '../output.js';
import { readTuning, tellTuning } from '../tuning-file.js';
import { textColumns, wrap } from '../../base/wrap.js';
import { name, realNumber, wholeNumber, wholeNumbers } from '../values.js';

const scaleOptions: readonly OptionSpec[] = [
  { flag: '--batch', value: 'N,N', help: 'batch sizes (default 1,8,32,128,512,2048,8192)' },
  { flag: '--width', value: 'N,N', help: 'widths of the hidden layers (default 32,128,512,2048,4096)' },
  { flag: '--depth', value: 'N', help: 'hidden layers (default 2)' },
  { flag: '--rounds', value: 'R', help: 'how often each point is timed (default 3)' },
  {
    flag: '--budget',
    value: 'SECONDS',
    help: 'points that would take longer than this over all rounds, judging from less work, are skipped (default 10)',
  },
  { flag: '--adapter', value: 'NAME', help: "part of the adapter's name, where there are several" },
  {
    flag: '--tuning',
    value: 'FILE',
    help: "kernel variants as node scripts/tune.js chose them on this adapter, before the rules' choices",
  },
  { flag: '--json', value: null, help: 'one JSON object per line on stdout; text for people goes to stderr' },
  { flag: '--quiet', value: null, help: 'the tables only, no progress' },
  { flag: '--help', value: null, help: 'this text' },
];

interface ScaleSettings {
  readonly batches: readonly number[];
  readonly widths: readonly number[];
  readonly depth: number;
  readonly rounds: number;
  readonly budget: number;
  readonly adapter: string | undefined;
  /** A tuning file; undefined leaves every choice to the rules. */
  readonly tuning: string | undefined;
}

/** @returns the exit code; never throws */
export function scaleCommand(
  argv: readonly string[],
  { stdout, stderr, signal }: CommandContext,
  open: OpenStepBench = loadStepBench,
  watch: MachineWatch = watchMachine(),
): Promise<number> {
  const output = commandOutput(argv, { stdout, stderr });
  return exitCodeOf(output, signal, async () => {
    const given = parseArguments(scaleOptions, argv, 'node scripts/scale.js --help');
    const settings = readSettings(given);
    if (given.has('--help')) {
      output.result(helpText('node scripts/scale.js [options]', scaleOptions));
      return 0;
    }
    await scale(settings, { open, watch }, output, signal);
    return 0;
  });
}

function readSettings(given: ReadonlyMap<string, string>): ScaleSettings {
  const list = (flag: string, standard: string): number[] => {
    const values = wholeNumbers(flag, given.get(flag) ?? standard, 1, 65_536);
    return [...new Set(values)].sort((a, b) => a - b);
  };
  const adapter = given.get('--adapter');
  const tuning = given.get('--tuning');
  return {
    batches: list('--batch', '1,8,32,128,512,2048,8192'),
    widths: list('--width', '32,128,512,2048,4096'),
    depth: wholeNumber('--depth', given.get('--depth') ?? '2', 1, 32),
    rounds: wholeNumber('--rounds', given.get('--rounds') ?? '3', 1, 100),
    budget: realNumber('--budget', given.get('--budget') ?? '10', 'above 0', (value) => value > 0),
    adapter: adapter === undefined ? undefined : name('--adapter', adapter),
    tuning: tuning === undefined ? undefined : name('--tuning', tuning),
  };
}

/** A step on a software adapter lives in the memory of this machine, which needs some of it for itself. */
const memoryShare = 0.7;

async function scale(
  { batches, widths, depth, rounds, budget, ...given }: ScaleSettings,
  { open, watch }: { readonly open: OpenStepBench; readonly watch: MachineWatch },
  output: Output,
  signal: AbortSignal,
): Promise<void> {
  const { adapter } = given;
  const tuning = given.tuning === undefined ? null : readTuning(given.tuning);
  tellTuning(output, tuning);
  const bench = await open({
    ...(adapter !== undefined && { adapter }),
    ...(tuning !== null && { tuning }),
  });
  try {
    const { description, software } = bench;
    output.event({ event: 'adapter', description, software, depth, rounds });
    output.info(`${description}${software ? ' (a software adapter)' : ''}`);
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
      const derived = isTimed(point)
        ? { flopPerSecond: rate(point), timePerFlop: perFlop(point, points) }
        : {};
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
  } finally {
    bench.close();
  }
}
