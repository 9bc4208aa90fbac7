/** The start of train.js on the device, followed: that every phase is seen, and which pipelines are compiled. No times. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startMarks, startTiming, type StartTrace } from '../tools/bench/start-phases.js';
import { startTraceCommand } from './start-trace.js';
import { saveSyntheticSet } from '../tools/bench/synthetic-files.js';
import { readDirectory } from '../data/directory.js';
import { synthesize } from '../data/synthetic/index.js';
import { experimentById, planExperiment, trialsOf } from '../experiments/index.js';
import { openGpu } from '../gpu/index.js';
import { kernelSource } from '../kernels/index.js';
import { planGroup } from '../train/setup.js';
import { capture } from '../testing/capture.js';

const size = { train: 200, test: 50 };
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'wgsl-train-trace-'));
  saveSyntheticSet(folder, size);
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

async function trace(argv: readonly string[]) {
  const [stdout, stderr] = [capture(), capture()];
  const loadEngine = (): never => {
    throw new Error('the start loads its engine itself');
  };
  for (const name of ['first line', 'command line loaded']) performance.mark(name);
  const context = { stdout, stderr, signal: new AbortController().signal, loadEngine };
  const code = await startTraceCommand([...argv, '--json'], context);
  return { code, stdout };
}

it('the files of the synthetic set are that set', async () => {
  expect((await readDirectory(folder)).sha256).toBe(synthesize(size).sha256);
});

it('follows train.js from its first line into its first epoch, and stops it there', async () => {
  const out = join(folder, 'out');
  const { code, stdout } = await trace(['--exp', '6', '--data', folder, '--out', out]);
  expect(code).toBe(0);
  const found = stdout.records().at(-1)!.trace as StartTrace;
  const times = startMarks.map((name) => found.marks[name]!);
  expect(times).toEqual([...times].sort((a, b) => a - b));
  const timing = startTiming(found, found.origin);
  for (const ms of Object.values(timing.phases)) expect(ms).toBeGreaterThanOrEqual(0);
  expect(timing.trainingMs).toBeGreaterThan(timing.firstStepMs);
  expect(readdirSync(folder)).not.toContain('out');

  // The pipelines of its first group of trials, each once, and all of them asked for before the first is ready.
  const trials = trialsOf(planExperiment(experimentById(6), {}, [0]));
  const gpu = await openGpu();
  const group = planGroup(await readDirectory(folder), [trials[0]!], gpu.traits);
  gpu.close();
  const plans = [group.training, group.evaluation, group.check];
  const sources = plans.flatMap(({ plan }) =>
    plan.dispatches.map(({ op, configuration: { variant, constants } }) => {
      const { code: text, reflection } = kernelSource(op.kernel, variant);
      return JSON.stringify([
        text,
        Object.entries(constants).filter(([name]) => reflection.overrides.has(name)),
      ]);
    }),
  );
  expect(timing.pipelines).toBe(new Set(sources).size);
  expect(timing.pipelinesAtOnce).toBe(timing.pipelines);
});

it('ends as train.js does where it does not get that far', async () => {
  const { code, stdout } = await trace(['--exp', '6', '--data', join(folder, 'none')]);
  expect(code).toBe(66);
  expect(stdout.records().at(-1)).toMatchObject({ event: 'error', kind: 'no-data' });
});

const repository = fileURLToPath(new URL('../..', import.meta.url));
const isBuilt = existsSync(join(repository, 'dist', 'cli', 'start-trace.js'));
if (!isBuilt) console.warn('skipped: the test of scripts/lib/first-step.js needs dist/ (npm run build)');

it.skipIf(!isBuilt)('as a process: its first line and its modules are marked, too', () => {
  const script = join(repository, 'scripts', 'lib', 'first-step.js');
  const started = Date.now();
  const { status, stdout } = spawnSync(process.execPath, [script, '--exp', '6', '--data', folder, '--json'], {
    encoding: 'utf8',
    cwd: folder,
  });
  expect(status).toBe(0);
  const { trace: found } = JSON.parse(stdout.trim().split('\n').at(-1)!) as { trace: StartTrace };
  const { phases, firstStepMs } = startTiming(found, started);
  expect(Object.values(phases).reduce((sum, ms) => sum + ms, 0)).toBeCloseTo(firstStepMs, 6);
  for (const ms of Object.values(phases)) expect(ms).toBeGreaterThanOrEqual(0);
});
