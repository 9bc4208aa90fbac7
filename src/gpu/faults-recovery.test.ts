/**
 * scripts/train.js loses its device: once it goes on, on a fresh one, to the bits of an undisturbed run;
 * twice it ends, and --resume goes on. The command runs within this process, on a real adapter.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test, vi } from 'vitest';
import { engine } from '../cli/engine.js';
import { command as train } from '../cli/commands/train.js';
import { capture } from '../testing/capture.js';
import { howMany } from '../testing/modes.js';
import { arm } from './testing/arm.js';
import { endingOf, spread } from './testing/catalogue.js';
import type { Fault, FaultKind, Injection } from './testing/faulty-webgpu.js';
import type { Site } from './testing/calls.js';

vi.mock('webgpu', async (original) => (await import('./testing/arm.js')).armedPackage(original));
// Drawing takes longer than training, and is not what is tested here.
vi.mock('../report/page/report-page.js', () => ({
  reportPage: () => Promise.resolve({ html: '', charts: new Map() }),
}));

const home = mkdtempSync(join(tmpdir(), 'wgsl-train-recovery-'));
const cwd = process.cwd();
process.chdir(home);
vi.stubEnv('WGSL_TRAIN_CACHE', join(home, 'cache'));
afterAll(() => {
  process.chdir(cwd);
  rmSync(home, { recursive: true, force: true });
});

interface Ended {
  readonly code: number;
  readonly events: readonly Readonly<Record<string, unknown>>[];
  readonly stderr: string;
  readonly uses: readonly Injection[];
}

/** @param faults one for each device that is opened */
async function trainJs(argv: readonly string[], faults: readonly (Fault | null)[]): Promise<Ended> {
  const uses = arm(...faults);
  const [stdout, stderr] = [capture(), capture()];
  const code = await train.execute([...argv, '--json'], {
    stdout,
    stderr,
    signal: new AbortController().signal,
    loadEngine: () => Promise.resolve(engine),
  });
  return { code, events: stdout.records(), stderr: stderr.text(), uses };
}

/** Three variants side by side; two steps per epoch, so that timing never changes the submits. */
const begin = (out: string): string[] =>
  `--exp 2 --epochs 3 --hidden 16 --batch-size 80 --data synthetic:200/50 --checkpoint-every 0 --out ${out}`.split(
    ' ',
  );

/** What a run came to, without its times. */
function resultsOf(run: string): unknown {
  const summary = JSON.parse(readFileSync(join(home, run, 'summary.json'), 'utf8')) as {
    readonly variants: readonly { readonly runs: readonly Readonly<Record<string, unknown>>[] }[];
  };
  return summary.variants.map(({ runs }) =>
    runs.map(({ epochs, best, last, test: tested, weightsSha256 }) => ({
      epochs,
      best,
      last,
      tested,
      weightsSha256,
    })),
  );
}

/** Rows of metrics.csv without the times, their last column. */
const epochsOf = (run: string): string[] =>
  readFileSync(join(home, run, 'metrics.csv'), 'utf8')
    .trim()
    .split('\n')
    .map((row) => row.slice(0, row.lastIndexOf(',')));

const filesOf = (run: string): string[] =>
  readdirSync(join(home, run), { recursive: true, encoding: 'utf8' }).sort();

// Once before, for the self-check that is remembered.
await trainJs(begin('first'), []);
const whole = await trainJs(begin('whole'), [null]);
if (whole.code !== 0) throw new Error(whole.stderr);
// Behind its last readback a training is over, and its report begins.
const { calls } = whole.uses[0]!;
const training = calls.slice(0, calls.findLastIndex(({ label }) => label === 'parameters readback') + 1);
// By then the first epoch is recorded, and there is a checkpoint of it.
const secondEpoch = calls.findIndex(({ label }) => label === 'end of epoch 2');

/** Faults of one kind at up to `most` calls of a site, spread over the training. */
function during(kind: FaultKind, site: Site, most: number, from = 0): Fault[] {
  const count = (until: number): number =>
    training.slice(0, until).filter((call) => call.site === site).length;
  const first = count(from);
  return spread(count(Infinity) - first, most).map((index) => ({ kind, site, nth: first + index }));
}

/** A loss when there is a checkpoint. */
const [late] = during('lost-before', 'mapAsync', 2, secondEpoch).slice(-1);
const titled = (faults: readonly Fault[]) =>
  faults.map(
    (fault, index) =>
      [`${fault.kind} at ${fault.site} ${fault.nth}`, fault, `${fault.kind}-${index}`] as const,
  );

describe('a device that is lost once', () => {
  const faults = [
    { kind: 'lost-after', site: 'requestDevice', nth: 0 } as const,
    ...during('lost-before', 'createBuffer', howMany(1, 20)),
    ...during('lost-after', 'createComputePipelineAsync', howMany(1, 8)),
    ...during('lost-before', 'submit', howMany(2, 60)),
    ...during('lost-after', 'submit', howMany(0, 60)),
    ...during('lost-pending', 'mapAsync', howMany(2, 40)),
  ];

  test.each(titled(faults))('%s: the training ends as if undisturbed', async (_, fault, name) => {
    const out = `once-${name}`;
    const { code, events, uses } = await trainJs(begin(out), [fault, null]);
    expect(uses[0]!.firedAt, 'the fault must happen').not.toBeNull();
    expect(code).toBe(0);
    expect(events.filter(({ event }) => event === 'device-lost')).toHaveLength(1);
    expect(resultsOf(out)).toEqual(resultsOf('whole'));
    expect(epochsOf(out)).toEqual(epochsOf('whole'));
    expect(filesOf(out)).toEqual(filesOf('whole'));
  });

  test('behind the training, when its report is drawn: the report is whole', async () => {
    const nth = calls.filter(({ site }) => site === 'mapAsync').length - 1;
    const { code, uses } = await trainJs(begin('drawn'), [{ kind: 'lost-before', site: 'mapAsync', nth }]);
    expect(uses[0]!.firedAt).not.toBeNull();
    expect(code).toBe(0);
    expect(filesOf('drawn')).toEqual(filesOf('whole'));
  });

  test('goes on from the last checkpoint, not from the beginning', async () => {
    const { uses } = await trainJs(begin('later'), [late!, null]);
    expect(uses[0]!.firedAt).not.toBeNull();
    const steps = (use: Injection): number =>
      use.calls.filter(({ label }) => label.startsWith('steps ')).length;
    expect(steps(uses[1]!)).toBeLessThan(steps(whole.uses[0]!));
  });
});

describe('a device that is lost twice', () => {
  test('ends the training with 69, and --resume goes on to the same bits', async () => {
    const { code, events, stderr, uses } = await trainJs(begin('twice'), [late!, { ...late!, nth: 3 }]);
    expect(uses.map(({ firedAt }) => firedAt)).not.toContain(null);
    expect(code).toBe(69);
    expect(events.at(-1)).toMatchObject({ event: 'error', kind: 'device-lost', exitCode: 69 });
    expect(stderr).toContain('--resume twice');
    expect(filesOf('twice')).not.toContain('summary.json');
    expect((await trainJs(['--resume', 'twice'], [])).code).toBe(0);
    expect(resultsOf('twice')).toEqual(resultsOf('whole'));
    expect(epochsOf('twice')).toEqual(epochsOf('whole'));
  });

  test('and if there is no adapter any more, the loss is what is told', async () => {
    const { code, events } = await trainJs(begin('gone'), [
      late!,
      { kind: 'missing', site: 'requestAdapter', nth: 0 },
    ]);
    expect(code).toBe(69);
    expect(events.at(-1)).toMatchObject({ event: 'error', kind: 'device-lost' });
  });
});

describe('whatever else goes wrong once there is a checkpoint', () => {
  const faults = [
    ...during('out-of-memory', 'createBuffer', howMany(1, 20), secondEpoch),
    ...during('invalid', 'submit', howMany(1, 40), secondEpoch),
    ...during('invalid', 'copyBufferToBuffer', howMany(1, 40), secondEpoch),
    ...during('internal', 'submit', howMany(0, 40), secondEpoch),
  ];

  test.each(titled(faults))(
    '%s: ends without results, and --resume goes on to the same bits',
    async (_, fault, name) => {
      const out = `broken-${name}`;
      const { code, events, uses } = await trainJs(begin(out), [fault]);
      expect(uses[0]!.firedAt, 'the fault must happen').not.toBeNull();
      const { kind, exitCode } = endingOf(fault, '');
      expect(code).toBe(exitCode);
      expect(events.at(-1)).toMatchObject({ event: 'error', kind, exitCode });
      expect(filesOf(out)).not.toContain('summary.json');
      expect((await trainJs(['--resume', out], [])).code).toBe(0);
      expect(resultsOf(out)).toEqual(resultsOf('whole'));
      expect(epochsOf(out)).toEqual(epochsOf('whole'));
      expect(filesOf(out)).toEqual(filesOf('whole'));
    },
  );
});
