/** Training steps per second, of this project alone or beside its peers in the same minutes. */
import { EngineError } from '../../base/errors.js';
import type { Output } from '../../base/output.js';
import { softwareBrowser } from './chromium.js';
import { contenders, isOwn, own, programOf, stepRequest, type Contender, type Failed } from './contenders.js';
import { tellMachine, type MachineWatch } from './machine.js';
import { preparePeers, type Ready, type RunCommand } from './peers.js';
import type { Running, StartOptions } from './process.js';
import { benchTable, describeContenders, resultsOf, type Result } from './results.js';
import { calibrate, runRounds, type Entrant, type Measured } from './rounds.js';
import { significant } from './spread.js';

/** What the benchmarks are asked to measure. */
export interface BenchSettings {
  readonly batches: readonly number[];
  readonly rounds: number;
  /** null: calibrated for each that is measured. */
  readonly steps: number | null;
  readonly peers: boolean;
  /** Everyone in a page of headless Chromium, on its software adapter. */
  readonly browser: boolean;
  /** The Python to take PyTorch from; undefined: the fastest that is found. */
  readonly python: string | undefined;
  readonly adapter: string | undefined;
  /** A tuning file; undefined leaves every choice to the rules. */
  readonly tuning: string | undefined;
}

/** What contenders are started with; tests put others in place. */
export interface CompareTools {
  readonly run: RunCommand;
  readonly start: (options: StartOptions) => Promise<Running>;
  readonly cache: string;
  readonly watch: MachineWatch;
}

export interface BenchContext {
  readonly settings: BenchSettings;
  readonly output: Output;
  readonly signal: AbortSignal;
  readonly tools: CompareTools;
}

/** @throws EngineError if this project itself fails */
export async function compareContenders(context: BenchContext): Promise<void> {
  const { settings, output, signal, tools } = context;
  const { cache, run } = tools;
  const { python } = settings;
  const onNotice = (text: string): void => {
    output.info(text);
  };
  const found = await preparePeers(contenders(settings), { cache, run, onNotice, python });
  signal.throwIfAborted();
  for (const each of found)
    if ('skipped' in each)
      refuseOwn(each.contender, new EngineError('usage', `${own.name}: ${each.skipped}`));
  const ready = withoutFailed(found, output);
  const described = new Map<Contender, Measured>();
  const results: Result[] = [];
  for (const batch of settings.batches) {
    const measured = await measureBatch(batch, ready, context);
    for (const each of measured) described.set(each.contender, each);
    const ofBatch = resultsOf(batch, measured);
    for (const result of ofBatch) output.event({ event: 'result', ...result });
    results.push(...ofBatch);
  }
  const basis =
    `median of ${settings.rounds} rounds (least-most); ratios are of figures of the same round; ` +
    'CPU: of all threads';
  const notes = [basis, tellMachine(output, tools.watch)];
  const about = describeContenders([...described.values()]);
  output.result(`\n${[benchTable(results), ...notes].join('\n')}\n\n${about}`);
}

/** Those that can be measured; the others are told, with the reason. */
function withoutFailed<T extends object>(all: readonly (T | Failed)[], output: Output, batch?: number): T[] {
  return all.flatMap((each) => {
    if (!('skipped' in each)) return [each];
    const { contender, skipped } = each;
    const at = batch === undefined ? {} : { batch };
    output.event({ event: 'skipped', contender: contender.name, ...at, reason: skipped });
    const where = batch === undefined ? '' : ` (batch ${batch})`;
    output.result(`${contender.name} is not measured: ${skipped}${where}`);
    return [];
  });
}

/**
 * Starts everyone, measures in rounds, and ends everyone.
 * @throws EngineError if this project itself fails
 */
async function measureBatch(
  batch: number,
  contenders: readonly Ready[],
  context: BenchContext,
): Promise<Measured[]> {
  const { settings, output, signal, tools } = context;
  const entrants: Entrant[] = [];
  try {
    for (const ready of contenders) {
      signal.throwIfAborted();
      output.live(`batch ${batch}: starting ${ready.contender.name}`);
      entrants.push(...withoutFailed([await enter(batch, ready, context)], output, batch));
    }
    const results = await runRounds(entrants, settings.rounds, {
      signal,
      beforeRound: tools.watch.sample,
      onAnswer: ({ name: contender }, round, { steps, ms, cpuMs, loss }) => {
        const stepsPerSecond = (1000 * steps) / ms;
        output.event({ event: 'round', batch, round, contender, steps, ms, cpuMs, stepsPerSecond, loss });
        output.live(`batch ${batch}, round ${round}: ${contender} ${significant(stepsPerSecond)} steps/s`);
      },
      onRound: (round, figures) => {
        const list = figures.map(([{ name: contender }, figure]) => `${contender} ${significant(figure)}`);
        output.info(`batch ${batch}, round ${round}, steps/s: ${list.join(', ')}`);
      },
      onFailure: refuseOwn,
    });
    const measured = withoutFailed(results, output, batch);
    output.clear();
    return measured;
  } finally {
    await Promise.all(entrants.map(({ running }) => running.stop()));
  }
}

/** The longest that a contender may take to start or to answer. */
const limitMs = 180_000;

/** Starts a contender and finds its number of steps. */
async function enter(
  batch: number,
  { contender, command, packages }: Ready,
  { settings, signal, tools }: BenchContext,
): Promise<Entrant | Failed> {
  const { adapter } = settings;
  const tuning = isOwn(contender) ? settings.tuning : undefined;
  const request = stepRequest(batch, contender.threads, {
    packages,
    adapter,
    tuning,
    browser: settings.browser ? softwareBrowser() : undefined,
  });
  let running: Running | undefined;
  try {
    const args = [programOf(contender), JSON.stringify(request)];
    running = await tools.start({ command, args, env: contender.env, limitMs });
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
  if (!isOwn(contender)) return;
  if (error instanceof EngineError && error.kind !== 'bug') throw error;
  throw new EngineError('bug', `${own.name} could not be measured: ${(error as Error).message}`, {
    remedy: 'this is a bug in wgsl-train or in the driver: please report it',
    cause: error,
  });
}
