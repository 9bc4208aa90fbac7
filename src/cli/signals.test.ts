/**
 * How commands end when they are asked to, or when nobody listens. They run the built engine: these tests
 * need `npm run build` first.
 */
import type { ChildProcess } from 'node:child_process';
import { closeSync, existsSync, mkdtempSync, openSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EngineError } from '../base/errors.js';
import { exitCodeOf } from './command.js';
import { interrupted } from './tell-error.js';
import { createOutput } from './output.js';
import { capture } from '../testing/capture.js';
import { runNode, type Ended, type NodeOptions } from '../testing/run-node.js';

const repository = fileURLToPath(new URL('../..', import.meta.url));
const built = (module: string): string => new URL(`../../dist/cli/${module}`, import.meta.url).href;
const isBuilt = existsSync(fileURLToPath(built('command.js')));
if (!isBuilt) console.warn('skipped: tests of signals need dist/ (npm run build)');
// Windows has no signals that a process could answer, but Ctrl-C.
const isSkipped = !isBuilt || process.platform === 'win32';

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'wgsl-train-signals-'));
});
afterEach(() => {
  rmSync(home, { recursive: true, force: true });
});

const node = (args: readonly string[], onText?: NodeOptions['onText'], stdout?: number): Promise<Ended> =>
  runNode(args, { cwd: home, ...(onText && { onText }), ...(stdout !== undefined && { stdout }) });

/** Sends signals, the next one once a text has come; `gap` in ms before each but the first. */
function sends(signals: readonly NodeJS.Signals[], texts: readonly string[], gap = 0) {
  let sent = 0;
  return (all: string, child: ChildProcess): void => {
    while (sent < signals.length && all.includes(texts[sent]!)) {
      const signal = signals[sent]!;
      if (sent++ === 0 || gap === 0) child.kill(signal);
      else setTimeout(() => child.kill(signal), gap);
    }
  };
}

/**
 * A command in place of training, so that this needs no adapter: it says that it runs, and does `stop` when
 * it is asked to.
 */
const program = (stop: string): string[] => [
  '--input-type=module',
  '--eval',
  `import { exitCodeOf, runAsProcess } from ${JSON.stringify(built('command.js'))};
   import { createOutput } from ${JSON.stringify(built('output.js'))};
   import { EngineError } from ${JSON.stringify(new URL('../base/errors.js', built('x')).href)};
   await runAsProcess((argv, { stdout, stderr, signal }) =>
     exitCodeOf(createOutput({ stdout, stderr, json: true, quiet: false }), signal, () => new Promise((resolve, reject) => {
       const alive = setInterval(() => {}, 1000);
       const end = () => { clearInterval(alive); reject(new EngineError('interrupted', 'stopped in epoch 3', { remedy: 'go on' })); };
       signal.addEventListener('abort', () => { ${stop} });
       stdout.write('running\\n');
     })));`,
];

const codes: readonly (readonly [NodeJS.Signals, number, string, string])[] = [
  ['SIGINT', 130, 'interrupted', 'stopping; Ctrl-C again stops at once'],
  ['SIGTERM', 75, 'terminated', 'SIGTERM: stopping; a second one stops at once'],
  ['SIGHUP', 75, 'terminated', 'SIGHUP: stopping; a second one stops at once'],
];

describe.skipIf(isSkipped)('a command that is asked to stop', () => {
  it.each(codes)('by %s ends by itself with %d', async (signal, code, kind, said) => {
    const ended = await node(program('end();'), sends([signal], ['running']));
    expect(ended.code).toBe(code);
    expect(ended.stderr).toContain(said);
    expect(ended.stderr).toContain('stopped in epoch 3\n  remedy:   go on\n');
    const record = JSON.parse(ended.stdout.trimEnd().split('\n').at(-1)!) as unknown;
    expect(record).toEqual({
      event: 'error',
      kind,
      message: 'stopped in epoch 3',
      remedy: 'go on',
      exitCode: code,
    });
  });

  it.each(codes)(
    'by %s twice ends at once with %d, even if it does not answer',
    async (signal, code, _, said) => {
      const ended = await node(program(''), sends([signal, signal], ['running', said], 200));
      expect(ended.code).toBe(code);
      expect(ended.stderr).toContain('stopped at once');
    },
  );

  it('the second may be another one, whose code it is', async () => {
    const said = 'SIGTERM: stopping';
    expect(await node(program(''), sends(['SIGTERM', 'SIGINT'], ['running', said], 200))).toMatchObject({
      code: 130,
    });
  });

  it('by signals in one burst has the time that one gives', async () => {
    const signals: NodeJS.Signals[] = ['SIGTERM', 'SIGHUP', 'SIGINT', 'SIGTERM'];
    const ended = await node(
      program('setTimeout(end, 300);'),
      sends(signals, ['running', 'running', 'running', 'running']),
    );
    expect([75, 130]).toContain(ended.code);
    expect(ended.stderr).toContain('stopped in epoch 3');
  });
});

describe.skipIf(isSkipped)('scripts that work', () => {
  const script = (name: string, ...options: string[]): string[] => [
    join(repository, 'scripts', `${name}.js`),
    ...options,
  ];

  it.each(codes)('serve.js ends by %s with %d', async (signal, code) => {
    const ended = await node(script('serve', home, '--port', '0'), sends([signal], ['Ctrl-C ends it']));
    expect(ended.code).toBe(code);
  });

  const small = ['--exp', '0', '--data', 'synthetic:200/50', '--hidden', '8', '--json'];
  it.each<[string, readonly string[], string]>([
    ['train', [...small, '--epochs', '1000000'], '"event":"epoch"'],
    ['profile', [...small, '--steps', '100000'], 'changed:'],
  ])('%s.js ends by SIGTERM with 75 and says so', async (name, options, text) => {
    const ended = await node(script(name, ...options), sends(['SIGTERM'], [text]));
    expect(ended).toMatchObject({ code: 75 });
    const records = ended.stdout.trimEnd().split('\n');
    expect(JSON.parse(records.at(-1)!)).toMatchObject({ event: 'error', kind: 'terminated', exitCode: 75 });
  });
});

describe.skipIf(isSkipped)('output that nobody takes', () => {
  const full = existsSync('/dev/full');
  it.runIf(full)('is told at the end where the disk behind it is full', async () => {
    const device = openSync('/dev/full', 'w');
    try {
      const ended = await node([join(repository, 'scripts', 'train.js'), '--list'], undefined, device);
      expect(ended.code).toBe(74);
      expect(ended.stderr).toContain('standard output could not be written\n  found:    ENOSPC');
    } finally {
      closeSync(device);
    }
  });

  it('does not end the work where the terminal was closed', async () => {
    const gone = `const gone = Object.assign(new Error('EIO'), { code: 'EIO', errno: -5 });
      process.stdout.isTTY = true; process.stdout.emit('error', gone); process.stderr.emit('error', gone); setTimeout(end, 50);`;
    expect(await node(program(gone), sends(['SIGHUP'], ['running']))).toMatchObject({ code: 75 });
  });
});

describe('an error', () => {
  const codeOf = async (thrown: unknown, reason?: unknown) => {
    const [stdout, stderr] = [capture(), capture()];
    const controller = new AbortController();
    if (reason !== undefined) controller.abort(reason);
    const output = createOutput({ stdout, stderr, json: true, quiet: false });
    const code = await exitCodeOf(output, controller.signal, () => {
      throw thrown;
    });
    return { code, record: stdout.records().at(-1), text: stderr.text() };
  };
  const system = (code: string) =>
    Object.assign(new Error(`${code}: as the system says`), { code, errno: -1, path: 'a.txt' });

  it.each(['ENOSPC', 'EDQUOT', 'EROFS'])('%s that nobody caught is no bug', async (code) => {
    const ended = await codeOf(system(code));
    expect(ended).toMatchObject({ code: 74, record: { kind: 'not-written', exitCode: 74 } });
    expect(ended.text).toContain('a.txt could not be written');
  });

  it('of another kind stays what it is while the command is to stop', async () => {
    const reason = new EngineError('terminated', 'stopped by SIGTERM');
    expect(await codeOf(system('ENOENT'))).toMatchObject({ code: 1 });
    expect(await codeOf(new EngineError('diverged', 'x'), reason)).toMatchObject({ code: 4 });
    expect(await codeOf(interrupted(), reason)).toMatchObject({ code: 75 });
    expect(await codeOf(reason, reason)).toMatchObject({ code: 75 });
    expect(await codeOf(new Error('whatever stopping made'), reason)).toMatchObject({ code: 75 });
    expect(await codeOf(interrupted(), new DOMException('x', 'AbortError'))).toMatchObject({ code: 130 });
  });
});
