import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parityCommand } from './parity.js';
import { parseReference } from '../../experiments/parity.js';
import type { Trial } from '../../train/types.js';
import { capture } from '../../testing/capture.js';
import { fakeEngine, type FakeBehaviour } from '../testing/engine.js';

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'wgsl-train-parity-'));
});
afterEach(() => {
  rmSync(home, { recursive: true, force: true });
});

const reference = parseReference(
  readFileSync(new URL('../../../data/pytorch-kmnist10k.csv', import.meta.url), 'utf8'),
);
const asReference = ({ variant, seed }: Trial): number => reference.get(variant)!.testAccuracy[seed]!;

const part = (count: number) => ({ count, pixels: new Uint8Array(0), labels: new Uint8Array(0) });
const kmnist10k = { train: part(8000), test: part(2000) };

async function run(argv: readonly string[], behaviour: FakeBehaviour = {}) {
  const [stdout, stderr] = [capture(), capture()];
  const engine = fakeEngine({ dataset: kmnist10k, testAccuracy: asReference, ...behaviour });
  const code = await parityCommand(argv, {
    stdout,
    stderr,
    signal: new AbortController().signal,
    loadEngine: () => Promise.resolve(engine),
  });
  return { code, stdout, stderr, calls: engine.calls };
}

describe('scripts/parity.js', () => {
  it('exits 0 where every test accuracy is within the limit', async () => {
    const { code, stdout, calls } = await run([]);
    expect(code).toBe(0);
    expect(calls.trained.flat()).toHaveLength(35);
    expect(calls.resolved).toEqual([expect.stringMatching(/shared.kmnist10k$/)]);
    expect(calls.closed).toBe(1);
    expect(stdout.text()).toContain('a test adapter (a software adapter), 5 seeds');
    expect(stdout.text()).toContain('All within 3 SE.');
  });

  it('exits 1 where one is outside', async () => {
    const { code, stdout } = await run(['--quiet'], {
      testAccuracy: (trial) => asReference(trial) + (trial.variant === 'exp6-l2-bs-32' ? 0.05 : 0),
    });
    expect(code).toBe(1);
    expect(stdout.text()).toContain('1 of 7 OUTSIDE 3 SE.');
    expect(stdout.text()).not.toContain('epoch');
  });

  it('writes the tables to a file', async () => {
    const out = join(home, 'parity.md');
    const { code } = await run(['--out', out, '--markdown', '--seeds', '2']);
    expect(code).toBe(0);
    expect(readFileSync(out, 'utf8')).toContain('| exp 4, l2 1e-3 |');
    expect(readdirSync(home)).toEqual(['parity.md']);
  });

  it('refuses other images than those of the reference', async () => {
    const { code, stderr, calls } = await run([], { dataset: {} });
    expect({ code, trained: calls.trained }).toEqual({ code: 2, trained: [] });
    expect(stderr.text()).toContain('100 training and 30 test images');
  });

  it.each([
    [['--seeds', '1'], '--seeds cannot be "1"'],
    [['--seeds', '2.5'], '--seeds cannot be "2.5"'],
    [['--data', ''], '--data needs a value'],
    [['--exp', '6'], 'unknown option --exp'],
    [['--markdown=no'], '--markdown takes no value'],
    [['here'], 'unexpected argument "here"'],
    [['--out', ' '], '--out cannot be " "'],
  ])('%j exits 2', async (argv, message) => {
    const { code, stderr, calls } = await run(argv);
    expect({ code, opened: calls.opened }).toEqual({ code: 2, opened: 0 });
    expect(stderr.text()).toContain(message);
  });

  it('--help needs no adapter', async () => {
    const { code, stdout, calls } = await run(['--help']);
    expect({ code, opened: calls.opened }).toEqual({ code: 0, opened: 0 });
    expect(stdout.text()).toContain('usage: node scripts/parity.js');
  });
});
