/**
 * Faults in scripts/train.js as a process. It runs the built engine, so these tests need `npm run build`
 * first.
 */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { isLong } from '../testing/modes.js';
import type { Site } from './testing/calls.js';
import { endingOf } from './testing/catalogue.js';
import type { Call, Fault, FaultKind } from './testing/faulty-webgpu.js';
import { compilePreload, runTrainJs, type Ended } from './testing/process.js';

const isBuilt = existsSync(fileURLToPath(new URL('../../dist/cli/command.js', import.meta.url)));
if (!isBuilt) console.warn('skipped: tests of faults in processes need dist/ (npm run build)');

let home: string;
let preload: string;
let calls: readonly Call[];
beforeAll(async () => {
  if (!isBuilt) return;
  home = mkdtempSync(join(tmpdir(), 'wgsl-train-faults-'));
  preload = compilePreload(join(home, 'preload'));
  // Once before, for the self-check that is remembered.
  for (const out of ['first', 'whole']) {
    const { code, stderr, uses } = await train(out, []);
    if (code !== 0) throw new Error(stderr);
    calls = uses[0]!.calls;
  }
});
afterAll(() => {
  if (isBuilt) rmSync(home, { recursive: true, force: true });
});

const train = (out: string, faults: readonly (Fault | null)[]): Promise<Ended> =>
  runTrainJs(
    home,
    preload,
    `--exp 1 --epochs 3 --hidden 16 --batch-size 80 --data synthetic:200/50 --out ${out}`.split(' '),
    faults,
  );

interface Choice {
  readonly kind: FaultKind;
  readonly site: Site;
  /** How far through the calls of the site: 0 the first, 1 the last. */
  readonly part: number;
}

const at = (kind: FaultKind, site: Site, part: number): Choice => ({ kind, site, part });

function faultOf({ kind, site, part }: Choice): Fault {
  const count = calls.filter((call) => call.site === site).length;
  return { kind, site, nth: Math.floor(part * (count - 1)) };
}

const filesOf = (run: string): string[] =>
  existsSync(join(home, run))
    ? readdirSync(join(home, run), { recursive: true, encoding: 'utf8' }).sort()
    : [];

const hashOf = (run: string): string => {
  const summary = readFileSync(join(home, run, 'summary.json'), 'utf8');
  return /"weightsSha256": *"([0-9a-f]{64})"/.exec(summary)![1]!;
};

/** Milliseconds from the fault to the end of the process: more is a hang. */
const hangs = 10_000;

const quick = [
  at('missing', 'requestAdapter', 0),
  at('out-of-memory', 'createBuffer', 0.5),
  at('invalid', 'createShaderModule', 0),
  at('invalid', 'submit', 0.6),
];
const slow = [
  at('thrown', 'create', 0),
  at('thrown', 'requestAdapter', 0),
  at('rejected', 'requestAdapter', 0),
  at('rejected', 'requestDevice', 0),
  at('out-of-memory', 'createBuffer', 0),
  at('out-of-memory', 'submit', 0.3),
  at('internal', 'submit', 0.5),
  at('rejected', 'createComputePipelineAsync', 0.5),
  at('invalid', 'createComputePipelineAsync', 0),
  at('invalid', 'createBindGroup', 0.5),
  at('invalid', 'dispatchWorkgroups', 0.5),
  at('invalid', 'copyBufferToBuffer', 0.7),
  at('invalid', 'writeBuffer', 0.5),
  at('invalid', 'mapAsync', 0.5),
];

/** Losses end a training where the fresh device is lost, too. */
const losses = [at('lost-pending', 'mapAsync', 0.4)];
const slowLosses = [
  at('lost-after', 'submit', 0.4),
  at('lost-after', 'requestDevice', 0),
  at('lost-before', 'createBuffer', 0.5),
  at('lost-after', 'createComputePipelineAsync', 0),
  at('lost-before', 'submit', 0.6),
  at('rejected', 'mapAsync', 0.3),
];

describe.skipIf(!isBuilt || process.platform === 'win32')('scripts/train.js', () => {
  const once = [...quick, ...(isLong ? slow : [])].map((choice) => ({ ...choice, times: 1 }));
  const twice = [...losses, ...(isLong ? slowLosses : [])].map((choice) => ({ ...choice, times: 2 }));
  const all = [...once, ...twice].map((choice, index) => {
    const { kind, site, part, times } = choice;
    const title = `${kind} at ${site}, ${100 * part} % of the way${times === 2 ? ', twice' : ''}`;
    return [title, { ...choice, out: `out-${index}` }] as const;
  });

  test.each(all)('%s ends it', async (_, { out, times, ...choice }) => {
    const fault = faultOf(choice);
    const faults = Array.from({ length: times }, () => fault);
    const { code, signal, stderr, uses, orphaned } = await train(out, faults);
    const what = `${fault.kind} at ${fault.site} ${fault.nth}:\n${stderr}`;
    expect(
      uses.map(({ firedAt }) => firedAt),
      what,
    ).not.toContain(null);
    expect(uses, what).toHaveLength(times);
    const { label } = uses.at(-1)!.calls[uses.at(-1)!.firedAt! - 1]!;
    const { exitCode, message, remedy } = endingOf(fault, label);
    expect({ code, signal }, what).toEqual({ code: exitCode, signal: null });
    const told = stderr.split('\n').map((line) => line.trim());
    expect(
      told.some((line) => message.test(line) || message.test(line.replace(/^\w*Error: /, ''))),
      what,
    ).toBe(true);
    const advice = told.find((line) => line.startsWith('remedy:'));
    expect(advice, what).toBeDefined();
    if (!advice!.includes(`--resume ${out}`)) expect(advice).toMatch(remedy);
    expect(uses.at(-1)!.sinceFault!, what).toBeLessThan(hangs);
    expect(orphaned, 'a process is left').toBe(false);
    const files = filesOf(out);
    expect(
      files.filter((name) => /summary\.json|report|\.part|\.tmp/.test(name)),
      what,
    ).toEqual([]);
  });

  test('goes on to the same bits where the device is lost once', async () => {
    const fault = faultOf(at('lost-before', 'submit', 0.5));
    const { code, stdout, stderr, uses, orphaned } = await train('once', [fault]);
    expect(uses[0]!.firedAt).not.toBeNull();
    expect(code, stderr).toBe(0);
    expect(stdout).toContain('on a fresh adapter');
    expect(hashOf('once')).toBe(hashOf('whole'));
    expect(filesOf('once')).toEqual(filesOf('whole'));
    expect(orphaned).toBe(false);
  });
});
