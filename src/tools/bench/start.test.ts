/** scripts/bench.js --start, with processes that are invented. */
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { benchCommand } from '../../cli/commands/bench.js';
import type { CommandResult, RunCommand, RunOptions } from './run-command.js';
import { tuningText } from '../../kernels/index.js';
import { capture } from '../../testing/capture.js';
import { idleMachine } from './testing/contenders.js';
import { inventedTrace } from './testing/start-traces.js';

interface Behaviour {
  /** What a process ends with; by default it tells its start. */
  readonly result?: (call: number) => Partial<CommandResult>;
  /** Whether the driver keeps its shaders where it is told to. */
  readonly caches?: boolean;
  readonly controller?: AbortController;
}

async function run(argv: readonly string[], behaviour: Behaviour = {}) {
  const { caches = true, controller = new AbortController() } = behaviour;
  const [stdout, stderr] = [capture(), capture()];
  const children: { readonly args: readonly string[]; readonly options: RunOptions }[] = [];
  const runFake: RunCommand = (command, args, options) => {
    expect(command).toBe(process.execPath);
    const cache = options.env?.MESA_SHADER_CACHE_DIR;
    if (cache !== undefined) {
      expect(readdirSync(cache)).toEqual([]);
      if (caches) writeFileSync(join(cache, 'shader'), 'compiled');
    }
    children.push({ args, options });
    const trace = { ...inventedTrace(), origin: performance.timeOrigin + performance.now() };
    const text = `Dawn is chatty\n{"event":"start"}\n${JSON.stringify({ trace })}\n`;
    return Promise.resolve({ code: 0, stdout: text, stderr: '', ...behaviour.result?.(children.length) });
  };
  const never = (): never => {
    throw new Error('a start needs no contenders');
  };
  const tools = { run: runFake, start: never, open: never, cache: '', watch: idleMachine() };
  const loadEngine = (): never => {
    throw new Error('the engine is loaded by the processes');
  };
  const context = { stdout, stderr, signal: controller.signal, loadEngine };
  const code = await benchCommand(['--start', '--data', 'synthetic:20', ...argv], context, tools);
  const folder = dirname(children[0]!.args[children[0]!.args.indexOf('--out') + 1]!);
  return { code, stdout, stderr, children, folder };
}

describe('scripts/bench.js --start', () => {
  it('starts train.js --exp 6 warm and cold in turn, after a start that is not counted', async () => {
    const { code, stdout, children, folder } = await run(['--rounds', '3']);
    expect(code).toBe(0);
    const caches = children.map(({ options }) => options.env?.MESA_SHADER_CACHE_DIR);
    expect(caches.map((cache) => cache !== undefined)).toEqual([
      false,
      ...[false, true],
      ...[true, false],
      ...[false, true],
    ]);
    // Each in a directory of its own.
    expect(new Set(caches.filter((cache) => cache !== undefined)).size).toBe(3);
    for (const { args } of children) {
      expect(args[0]).toMatch(/scripts[/\\]lib[/\\]first-step\.js$/);
      expect(existsSync(args[0]!)).toBe(true);
      expect(args.slice(1)).toEqual([
        ...['--exp', '6', '--data', 'synthetic:20', '--out', join(folder, 'out'), '--json'],
      ]);
    }
    expect(existsSync(folder)).toBe(false);
    const text = stdout.text();
    expect(text).toContain('a test adapter (a software adapter)');
    expect(text).toContain('train.js --exp 6 (784-256-128-10, batch 32) from the start of its process');
    expect(text).toMatch(/^pipelines compiled +30\.0 +\(30\.0-30\.0\) +\d+ % +30\.0/m);
    expect(text).toContain('others kept 0 % of this machine');
  });

  it('passes on the adapter and the tuning file', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'wgsl-train-start-test-'));
    const file = join(folder, 'tuning.json');
    writeFileSync(file, tuningText({ adapter: 'a test adapter', subgroupSize: 8, entries: [] }));
    const { children } = await run(['--rounds', '1', '--adapter', 'llvm', '--tuning', file]);
    rmSync(folder, { recursive: true });
    for (const { args } of children) expect(args.slice(-4)).toEqual(['--adapter', 'llvm', '--tuning', file]);
  });

  it('says where a cold start cannot be forced, and shows the warm ones', async () => {
    const { code, stdout, stderr, children } = await run(['--rounds', '2', '--json'], { caches: false });
    expect({ code, starts: children.length }).toEqual({ code: 0, starts: 4 });
    const records = stdout.records();
    expect(records.filter(({ event }) => event === 'skipped')).toMatchObject([{ cache: 'cold' }]);
    expect(records.filter(({ event }) => event === 'result')).toMatchObject([{ cache: 'warm' }]);
    expect(stderr.text()).toContain('a first start cannot be forced here');
    expect(stderr.text()).not.toContain('cold, ms');
  });

  it('--json: one object per line and nothing else on stdout', async () => {
    const { stdout } = await run(['--rounds', '1', '--json']);
    const records = stdout.records();
    expect(records.map(({ event }) => event)).toEqual([
      ...['adapter', 'round', 'round', 'result', 'result', 'machine'],
    ]);
    expect(records[1]).toMatchObject({ round: 1, cache: 'warm', pipelines: 3, phases: { pipelines: 30 } });
    expect(records[4]).toMatchObject({
      cache: 'cold',
      middle: { pipelines: 3 },
      phases: { step: { median: 11 } },
    });
  });

  it('ends with the error of train.js', async () => {
    const event = { event: 'error', kind: 'no-adapter', message: 'no WebGPU adapter was found' };
    const { code, stderr, folder } = await run([], {
      result: () => ({ code: 69, stdout: `${JSON.stringify(event)}\n` }),
    });
    expect(code).toBe(69);
    expect(stderr.text()).toContain('no WebGPU adapter was found');
    expect(existsSync(folder)).toBe(false);
  });

  it('ends with the last words of a process that crashed', async () => {
    const { code, stderr } = await run([], {
      result: (call) => (call === 3 ? { code: null, stdout: '', stderr: 'ended by SIGSEGV' } : {}),
    });
    expect(code).toBe(1);
    expect(stderr.text()).toContain('train.js could not be started: ended by SIGSEGV');
  });

  it('Ctrl-C ends with 130, and leaves nothing behind', async () => {
    const controller = new AbortController();
    const { code, children, folder } = await run([], {
      controller,
      result: (call) => {
        if (call === 2) controller.abort();
        return {};
      },
    });
    expect({ code, starts: children.length, left: existsSync(folder) }).toEqual({
      code: 130,
      starts: 2,
      left: false,
    });
  });
});
