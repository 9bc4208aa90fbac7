/** scripts/bench.js: training steps per second, alone or beside other engines in the same minutes. */
import { fileURLToPath } from 'node:url';
import { EngineError } from '../base/errors.js';
import { cacheDirectory } from '../data/cache.js';
import { parseArguments, type OptionSpec } from './arguments.js';
import { own, peers, stepRequest, type Contender } from './bench/contenders.js';
import { tellMachine, watchMachine, type MachineWatch } from './bench/machine.js';
import { preparePeers, type Prepared } from './bench/peers.js';
import { startContender, type Running, type StartOptions } from './bench/process.js';
import {
  benchTable,
  describeContenders,
  isMeasured,
  resultsOf,
  skippedLine,
  type Result,
} from './bench/results.js';
import { calibrate, runRounds, type Entrant, type Failed, type Measured } from './bench/rounds.js';
import { runCommand, type RunCommand } from './bench/run-command.js';
import { significant } from './bench/spread.js';
import { exitCodeOf, type CommandContext } from './command.js';
import { helpText } from './help.js';
import { commandOutput, type Output } from './output.js';
import { name, wholeNumber, wholeNumbers } from './values.js';

const benchOptions: readonly OptionSpec[] = [
  { flag: '--batch', value: 'N,N', help: 'batch sizes (default 32,128,256)' },
  { flag: '--rounds', value: 'R', help: 'rounds; in each, everyone is measured once (default 5)' },
  { flag: '--steps', value: 'N', help: 'steps per round (default: what takes each about 1.5 s)' },
  {
    flag: '--peers',
    value: null,
    help: 'measure TensorFlow.js, jax-js and PyTorch beside it; npm packages are installed into the cache directory',
  },
  {
    flag: '--targets',
    value: null,
    help: "with --peers: the ratios that the project means to reach, of a software adapter's",
  },
  { flag: '--adapter', value: 'NAME', help: "part of the adapter's name, where there are several" },
  { flag: '--json', value: null, help: 'one JSON object per line on stdout; text for people goes to stderr' },
  { flag: '--quiet', value: null, help: 'the tables only, no progress' },
  { flag: '--help', value: null, help: 'this text' },
];

interface BenchSettings {
  readonly batches: readonly number[];
  readonly rounds: number;
  /** null: calibrated for each contender. */
  readonly steps: number | null;
  readonly peers: boolean;
  readonly targets: boolean;
  readonly adapter: string | undefined;
}

/** What the command starts other programs with; tests put others in place. */
export interface BenchTools {
  readonly run: RunCommand;
  readonly start: (options: StartOptions) => Promise<Running>;
  readonly cache: string;
  readonly watch: MachineWatch;
}

/** The longest that a contender may take to start or to answer. */
const limitMs = 180_000;

/** @returns the exit code; never throws */
export function benchCommand(
  argv: readonly string[],
  { stdout, stderr, signal }: CommandContext,
  tools: BenchTools = {
    run: runCommand,
    start: startContender,
    cache: cacheDirectory(),
    watch: watchMachine(),
  },
): Promise<number> {
  const output = commandOutput(argv, { stdout, stderr });
  return exitCodeOf(output, signal, async () => {
    const given = parseArguments(benchOptions, argv, 'node scripts/bench.js --help');
    const settings = readSettings(given);
    if (given.has('--help')) {
      output.result(helpText('node scripts/bench.js [options]', benchOptions));
      return 0;
    }
    await bench({ settings, output, signal, tools });
    return 0;
  });
}

function readSettings(given: ReadonlyMap<string, string>): BenchSettings {
  const batches = wholeNumbers('--batch', given.get('--batch') ?? '32,128,256', 1, 65_536);
  const steps = given.get('--steps');
  const adapter = given.get('--adapter');
  if (given.has('--targets') && !given.has('--peers'))
    throw new EngineError('usage', '--targets needs --peers', {
      found: '--targets alone',
      expected: '--peers --targets: the targets are ratios to the peers',
    });
  return {
    batches: [...new Set(batches)],
    rounds: wholeNumber('--rounds', given.get('--rounds') ?? '5', 1, 1000),
    steps: steps === undefined ? null : wholeNumber('--steps', steps, 1, 1_000_000),
    peers: given.has('--peers'),
    targets: given.has('--targets'),
    adapter: adapter === undefined ? undefined : name('--adapter', adapter),
  };
}

interface Bench {
  readonly settings: BenchSettings;
  readonly output: Output;
  readonly signal: AbortSignal;
  readonly tools: BenchTools;
}

async function bench(context: Bench): Promise<void> {
  const { settings, output, signal, tools } = context;
  const contenders: Prepared[] = [{ contender: own, command: process.execPath }];
  if (settings.peers) {
    const onNotice = (text: string): void => {
      output.info(text);
    };
    contenders.push(...(await preparePeers(peers(), { cache: tools.cache, run: tools.run, onNotice })));
    signal.throwIfAborted();
  }
  for (const prepared of contenders) if ('skipped' in prepared) tellSkipped(output, prepared);
  const described = new Map<Contender, Measured>();
  const results: Result[] = [];
  for (const batch of settings.batches) {
    const measured = await measureBatch(batch, contenders, context);
    for (const each of measured) described.set(each.contender, each);
    const found = resultsOf(batch, measured);
    for (const result of found) output.event({ event: 'result', ...result });
    results.push(...found);
  }
  const { rounds, targets } = settings;
  const basis = `median of ${rounds} rounds (least-most); ratios are of figures of the same round`;
  const notes = [basis, tellMachine(output, tools.watch)];
  const about = describeContenders([...described.values()]);
  output.result(`\n${[benchTable(results, targets), ...notes].join('\n')}\n\n${about}`);
}

/** Starts everyone, measures in rounds, and ends everyone. @throws EngineError if this project itself fails */
async function measureBatch(
  batch: number,
  contenders: readonly Prepared[],
  context: Bench,
): Promise<Measured[]> {
  const { settings, output, signal, tools } = context;
  const entrants: Entrant[] = [];
  try {
    for (const prepared of contenders) {
      if ('skipped' in prepared) continue;
      signal.throwIfAborted();
      output.live(`batch ${batch}: starting ${prepared.contender.name}`);
      const entrant = await enter(batch, prepared, context);
      if ('skipped' in entrant) tellSkipped(output, entrant, batch);
      else entrants.push(entrant);
    }
    const results = await runRounds(entrants, settings.rounds, {
      signal,
      beforeRound: tools.watch.sample,
      onAnswer: ({ name: contender }, round, { steps, ms, loss }) => {
        const stepsPerSecond = (1000 * steps) / ms;
        output.event({ event: 'round', batch, round, contender, steps, ms, stepsPerSecond, loss });
        output.live(`batch ${batch}, round ${round}: ${contender} ${significant(stepsPerSecond)} steps/s`);
      },
      onRound: (round, figures) => {
        const list = figures.map(([{ name: contender }, figure]) => `${contender} ${significant(figure)}`);
        output.info(`batch ${batch}, round ${round}, steps/s: ${list.join(', ')}`);
      },
      onFailure: refuseOwn,
    });
    for (const result of results) if (!isMeasured(result)) tellSkipped(output, result, batch);
    output.clear();
    return results.filter(isMeasured);
  } finally {
    await Promise.all(entrants.map(({ running }) => running.stop()));
  }
}

/** Starts a contender and finds its number of steps. */
async function enter(
  batch: number,
  prepared: Exclude<Prepared, Failed>,
  { settings, signal, tools }: Bench,
): Promise<Entrant | Failed> {
  const { contender, command, packages } = prepared;
  const request = stepRequest(batch, contender.threads, { packages, adapter: settings.adapter });
  const program = fileURLToPath(new URL(`../../scripts/peers/${contender.program}`, import.meta.url));
  let running: Running | undefined;
  try {
    running = await tools.start({ command, args: [program, JSON.stringify(request)], limitMs });
    return { contender, running, steps: settings.steps ?? (await calibrate(running.run)) };
  } catch (error) {
    await running?.stop();
    signal.throwIfAborted();
    refuseOwn(contender, error);
    return { contender, skipped: (error as Error).message };
  }
}

/** A peer may fail; without this project there is nothing to compare with. */
function refuseOwn(contender: Contender, error: unknown): void {
  if (contender !== own) return;
  if (error instanceof EngineError && error.kind !== 'bug') throw error;
  throw new EngineError('bug', `${own.name} could not be measured: ${(error as Error).message}`, {
    remedy: 'this is a bug in wgsl-train or in the driver: please report it',
    cause: error,
  });
}

function tellSkipped(output: Output, { contender, skipped }: Failed, batch?: number): void {
  output.event({
    event: 'skipped',
    contender: contender.name,
    ...(batch !== undefined && { batch }),
    reason: skipped,
  });
  output.result(skippedLine(contender, batch === undefined ? skipped : `${skipped} (batch ${batch})`));
}
