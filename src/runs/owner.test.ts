/** Who may write a run: this process, another one, one of another machine or container, or nobody. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { RunClaim, runningProcess, thisProcess, waitForOwner } from './index.js';
import { temporaryFor } from '../platform/process.js';

let home: string;
let run: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'wgsl-train-owner-'));
  run = join(home, 'run');
});
afterEach(() => {
  vi.restoreAllMocks();
  rmSync(home, { recursive: true, force: true });
});

const record = (): string => join(run, 'running.json');
const leave = (owner: unknown): void => {
  mkdirSync(run, { recursive: true });
  writeFileSync(record(), JSON.stringify(owner));
};
const tell = (): void => undefined;
const refused = expect.objectContaining({
  kind: 'usage',
  message: expect.stringMatching(/being trained/) as string,
}) as Error;

describe('a claim', () => {
  it('is one at a time, and leaves nothing where nothing was written', () => {
    const claim = RunClaim.take(run);
    expect(JSON.parse(readFileSync(record(), 'utf8'))).toMatchObject({ ...thisProcess() });
    expect(() => RunClaim.take(run)).toThrow(refused);
    claim.release();
    claim.release();
    expect(readdirSync(home)).toEqual([]);
    expect(runningProcess(run)).toBeNull();
  });

  it('leaves a directory that was there, and what came into it', () => {
    mkdirSync(run);
    RunClaim.take(run).release();
    expect(readdirSync(home)).toEqual(['run']);
    const claim = RunClaim.take(join(home, 'a', 'b'));
    writeFileSync(join(home, 'a', 'b', 'x'), '');
    claim.release();
    expect(readdirSync(join(home, 'a', 'b'))).toEqual(['x']);
  });

  it('takes over from a process that is gone, with its temporaries', () => {
    const gone = { ...thisProcess(), pid: 2 ** 22 + 1 };
    leave({ ...gone, id: 'x' });
    const mine = temporaryFor(join(run, 'a.json'));
    const its = mine.replace(`-${process.pid}-`, `-${gone.pid}-`);
    writeFileSync(its, '');
    const claim = RunClaim.take(run);
    expect(readdirSync(run)).toEqual(['running.json']);
    claim.release();
  });

  it.each(['', '{', 'null', '[]', '{"pid": "1"}'])('takes over from a record that says %j', (text) => {
    mkdirSync(run);
    writeFileSync(record(), text);
    RunClaim.take(run).release();
    expect(readdirSync(run)).toEqual([]);
  });

  it('ends where the directory is renamed, and says where it is now', () => {
    const claim = RunClaim.take(run);
    claim.check('at 1');
    renameSync(run, join(home, 'other'));
    expect(() => {
      claim.check('the training stood after epoch 3');
    }).toThrow(
      expect.objectContaining({
        kind: 'not-written',
        message: `${run} is no longer there; the training stood after epoch 3`,
        remedy: expect.stringContaining(
          process.platform === 'linux' ? join(home, 'other') : 'new name',
        ) as string,
      }) as Error,
    );
    claim.release();
    expect(existsSync(run)).toBe(false);
  });

  it('ends where another process has taken the run over', () => {
    const claim = RunClaim.take(run);
    leave({ ...thisProcess(), id: 'another' });
    expect(() => {
      claim.check('at 1');
    }).toThrow(/no longer the run of this process/);
    claim.release();
    expect(existsSync(record())).toBe(true);
  });
});

describe('a process of another machine', () => {
  const elsewhere = { pid: 1, host: 'elsewhere', boot: 'another', started: '2026-01-01T00:00:00Z', id: 'x' };

  it('is alive while its heartbeat moves, whatever the clocks say', async () => {
    leave(elsewhere);
    const told: string[] = [];
    let beats = 0;
    const beat = setInterval(() => {
      // A clock that runs backwards, years ago.
      utimesSync(record(), new Date(0), new Date(1e9 - 1000 * ++beats));
    }, 100);
    try {
      await expect(waitForOwner(run, (text) => told.push(text))).rejects.toThrow(refused);
    } finally {
      clearInterval(beat);
    }
    expect(told).toEqual([
      expect.stringMatching(/record of process 1 on elsewhere.* watching its heartbeat/),
    ]);
    expect(() => RunClaim.take(run)).toThrow(refused);
  });

  it('is gone when its heartbeat stood still for long enough', async () => {
    leave(elsewhere);
    expect(runningProcess(run)).toMatchObject({ host: 'elsewhere' });
    const start = performance.now();
    const now = vi.spyOn(performance, 'now').mockImplementation(() => start);
    const waiting = waitForOwner(run, tell);
    expect(() => RunClaim.take(run)).toThrow(refused);
    now.mockImplementation(() => start + 15_000);
    await waiting;
    expect(runningProcess(run)).toBeNull();
    RunClaim.take(run).release();
    expect(readdirSync(run)).toEqual([]);
  });
});

const built = fileURLToPath(new URL('../../dist/runs/index.js', import.meta.url));
const isBuilt = existsSync(built);
if (!isBuilt) console.warn('skipped: claims of several processes need dist/ (npm run build)');
const namespaces = ['--pid', '--fork', '--mount-proc'];
const canUnshare = process.platform === 'linux' && spawnSync('unshare', [...namespaces, 'true']).status === 0;
if (!canUnshare) console.warn('skipped: unshare of PID namespaces is not permitted here');

describe.skipIf(!isBuilt)('several processes', () => {
  const program = (body: string): string[] => [
    '--input-type=module',
    '--eval',
    `import * as runs from ${JSON.stringify(built)}; ${body}`,
  ];
  const textOf = async (child: ChildProcess): Promise<string> => {
    let text = '';
    child.stdout!.on('data', (part: Buffer) => (text += part.toString()));
    await once(child, 'close');
    return text.trim();
  };

  it('that begin at once have a directory each', async () => {
    const body = `const claim = runs.RunClaim.takeFree('exp6-x'); console.log(claim.directory); setTimeout(() => {}, 500);`;
    const children = Array.from({ length: 6 }, () => spawn(process.execPath, program(body), { cwd: home }));
    const directories = await Promise.all(children.map(textOf));
    expect(directories.sort()).toEqual(
      ['', '-2', '-3', '-4', '-5', '-6'].map((end) => join('runs', `exp6-x${end}`)),
    );
  });

  it('that take over a run at once are one', async () => {
    leave({ ...thisProcess(), pid: 2 ** 22 + 1, id: 'x' });
    const body = `try { runs.RunClaim.take(${JSON.stringify(run)}); console.log('mine'); setTimeout(() => {}, 3000); } catch (error) { console.log(error.kind); }`;
    const children = Array.from({ length: 6 }, () => spawn(process.execPath, program(body)));
    expect((await Promise.all(children.map(textOf))).sort()).toEqual([
      'mine',
      ...Array<string>(5).fill('usage'),
    ]);
  });

  it.skipIf(!canUnshare)(
    'of another container: a live run is refused, a dead one taken over',
    async () => {
      const body = `runs.RunClaim.take(${JSON.stringify(run)}); console.log('mine'); setInterval(() => {}, 1000);`;
      const child = spawn('unshare', [...namespaces, '--kill-child', process.execPath, ...program(body)]);
      const ended = once(child, 'close');
      await once(child.stdout, 'data');
      expect(runningProcess(run)).toMatchObject({ pid: 1 });
      await expect(waitForOwner(run, tell)).rejects.toThrow(refused);
      expect(() => RunClaim.take(run)).toThrow(refused);
      child.kill('SIGKILL');
      await ended;
      await waitForOwner(run, tell);
      RunClaim.take(run).release();
    },
    60_000,
  );

  it.skipIf(!canUnshare)(
    'save beside each other: none removes what another one is writing',
    async () => {
      mkdirSync(run);
      const file = JSON.stringify(join(run, 'a.json'));
      const body = `let failed = 0; const content = 'x'.repeat(200000);
      for (let i = 0; i < 150; i++) { runs.removeStaleTemporaries(${JSON.stringify(run)});
        try { runs.replaceFile(${file}, content); } catch { failed++; } }
      console.log(failed);`;
      const children = [1, 2, 3].map(() =>
        spawn('unshare', [...namespaces, process.execPath, ...program(body)]),
      );
      expect(await Promise.all(children.map(textOf))).toEqual(['0', '0', '0']);
      expect(readdirSync(run)).toEqual(['a.json']);
    },
    60_000,
  );
});
