/** `bench.js --start`: how long train.js takes to its first training step, and with what. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { EngineError } from '../../base/errors.js';
import type { Output } from '../../base/output.js';
import { textColumns, wrap } from '../../base/text.js';
import { tellMachine, type MachineWatch } from './machine.js';
import { reason } from './peers.js';
import { reportedError } from './process.js';
import type { RunCommand } from './run-command.js';
import type { BenchSettings } from './settings.js';
import { significant } from './spread.js';
import { startTiming, type StartTiming, type StartTrace } from './start-phases.js';
import { startNotes, startResult, startTable, type StartCase, type StartResult } from './start-table.js';
import { saveSyntheticSet } from './synthetic-files.js';

export interface StartContext {
  readonly settings: BenchSettings;
  readonly output: Output;
  readonly signal: AbortSignal;
  readonly tools: { readonly run: RunCommand; readonly watch: MachineWatch };
}

/** The program that is started, again and again. */
const program = fileURLToPath(new URL('../../../scripts/lib/first-step.js', import.meta.url));

/** Compiling all shaders anew can take a software adapter a minute on a slow machine. */
const limitMs = 600_000;

/** Where Mesa's drivers keep compiled shaders; others do not look at it. */
const cacheVariable = 'MESA_SHADER_CACHE_DIR';

const noCold =
  'this driver put nothing into a fresh shader cache directory, so a first start cannot be forced here (only Mesa looks at ' +
  `${cacheVariable}): what a driver keeps elsewhere stays warm`;

/**
 * Starts train.js in fresh processes: in each round once with the shader cache as it was left by the one before, and once with an
 * empty one, as on a machine's first start. The first start of all is not counted.
 * @throws EngineError what train.js ends with, or `bug` if its start cannot be followed
 */
export async function measureStart(context: StartContext): Promise<void> {
  const { settings, output, signal, tools } = context;
  const folder = mkdtempSync(join(tmpdir(), 'wgsl-train-start-'));
  try {
    const data = settings.data ?? prepareData(join(folder, 'data'), output);
    const argv = argumentsOf(settings, data, folder);
    output.live('one start that is not counted, which leaves a warm shader cache');
    const { adapter } = (await startOnce(argv, {}, context)).trace;
    output.event({ event: 'adapter', ...adapter, rounds: settings.rounds });
    output.info(`${adapter.description}${adapter.software ? ' (a software adapter)' : ''}`);
    const timings: Record<StartCase, StartTiming[]> = { warm: [], cold: [] };
    let cases: readonly StartCase[] = ['warm', 'cold'];
    for (let round = 1; round <= settings.rounds; round++) {
      await tools.watch.sample();
      for (const each of round % 2 === 1 ? cases : [...cases].reverse()) {
        signal.throwIfAborted();
        output.live(`round ${round}: ${each} shader cache`);
        const timing = await startIn(each, argv, folder, context);
        if (timing === null) {
          cases = ['warm'];
          output.event({ event: 'skipped', cache: each, reason: noCold });
          continue;
        }
        timings[each].push(timing);
        tellRound(output, round, each, timing);
      }
    }
    output.clear();
    const results = cases.map((each) => startResult(each, timings[each]));
    tellResults(results, settings, output, tools.watch);
  } finally {
    rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  }
}

/** The synthetic set as files, as a user's own set would be: drawing it takes longer than anything that is measured here. */
function prepareData(folder: string, output: Output): string {
  output.live('drawing the synthetic set, before the clock runs');
  mkdirSync(folder);
  saveSyntheticSet(folder);
  return folder;
}

function argumentsOf({ adapter, tuning }: BenchSettings, data: string, folder: string): string[] {
  return [
    ...['--exp', '6', '--data', data, '--out', join(folder, 'out'), '--json'],
    ...(adapter === undefined ? [] : ['--adapter', adapter]),
    ...(tuning === undefined ? [] : ['--tuning', tuning]),
  ];
}

/** @returns null if an empty cache cannot be forced */
async function startIn(
  each: StartCase,
  argv: readonly string[],
  folder: string,
  context: StartContext,
): Promise<StartTiming | null> {
  if (each === 'warm') return (await startOnce(argv, {}, context)).timing;
  const cache = mkdtempSync(join(folder, 'cache-'));
  const { timing } = await startOnce(argv, { [cacheVariable]: cache }, context);
  const isUsed = existsSync(cache) && readdirSync(cache).length > 0;
  rmSync(cache, { recursive: true, force: true, maxRetries: 3 });
  return isUsed ? timing : null;
}

async function startOnce(
  argv: readonly string[],
  env: Readonly<Record<string, string>>,
  { signal, tools }: StartContext,
): Promise<{ readonly trace: StartTrace; readonly timing: StartTiming }> {
  // The system's clock: it is what the process's own begins with, while this one's may have drifted from it since.
  const startedAt = Date.now();
  const options = { env, limitMs, signal };
  const { code, stdout, stderr } = await tools.run(process.execPath, [program, ...argv], options);
  signal.throwIfAborted();
  const records = stdout
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as Readonly<Record<string, unknown>>);
  const found = records.find((record) => 'trace' in record);
  if (found !== undefined) {
    const trace = found.trace as StartTrace;
    return { trace, timing: startTiming(trace, startedAt) };
  }
  const error = records.find(({ event }) => event === 'error');
  if (error !== undefined) throw reportedError(error);
  throw new EngineError('bug', `train.js could not be started: ${reason(stderr)}`, {
    found: `exit code ${code ?? 'none'}`,
    remedy: 'this is a bug in wgsl-train or in the driver: please report it',
  });
}

function tellRound(output: Output, round: number, cache: StartCase, timing: StartTiming): void {
  output.event({ event: 'round', round, cache, ...timing });
  const { firstStepMs, trainingMs } = timing;
  output.info(
    `round ${round}, ${cache} shader cache: first step after ${significant(firstStepMs)} ms, ` +
      `training after ${significant(trainingMs)} ms`,
  );
}

function tellResults(
  results: readonly StartResult[],
  { data, rounds }: BenchSettings,
  output: Output,
  watch: MachineWatch,
): void {
  for (const result of results) output.event({ event: 'result', ...result });
  const images = data === undefined ? 'files of the synthetic set' : `--data ${data}`;
  const title = `train.js --exp 6 (784-256-128-10, batch 32) from the start of its process; ${images}`;
  const notes = [
    ...startNotes(results, rounds),
    ...(results.some(({ cache }) => cache === 'cold') ? [] : [noCold]),
    tellMachine(output, watch),
  ].map((text) => wrap(text, textColumns, '  '));
  output.result(`\n${title}\n\n${startTable(results)}\n\n${notes.join('\n')}`);
}
