import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { command } from './serve.js';
import { capture, type Capture } from '../../testing/capture.js';
import { fakeEngine } from '../testing/engine.js';
import { makeRun } from '../../tools/compare/testing/runs.js';

const repository = fileURLToPath(new URL('../../..', import.meta.url));
const isBuilt = existsSync(join(repository, 'dist', 'cli', 'command.js'));
if (!isBuilt) console.log('skipped: serve.js as a process needs dist/ (npm run build)');

let home: string;
beforeEach(() => {
  home = realpathSync(mkdtempSync(join(tmpdir(), 'wgsl-train-serve-command-')));
});
afterEach(() => {
  rmSync(home, { recursive: true, force: true });
});

interface Serving {
  readonly code: Promise<number>;
  readonly stdout: Capture;
  readonly stderr: Capture;
  readonly stop: () => void;
  /** Waits for the address. */
  readonly url: () => Promise<string>;
}

function serve(...argv: readonly string[]): Serving {
  const [stdout, stderr] = [capture(), capture()];
  const controller = new AbortController();
  const code = command.execute(argv, {
    stdout,
    stderr,
    signal: controller.signal,
    loadEngine: () => Promise.resolve(fakeEngine()),
  });
  return {
    code,
    stdout,
    stderr,
    stop: () => {
      controller.abort();
    },
    url: async () => {
      for (;;) {
        const found = /http:\/\/127\.0\.0\.1:\d+\//.exec(stdout.text() + stderr.text());
        if (found !== null) return found[0];
        await new Promise((done) => setTimeout(done, 10));
      }
    },
  };
}

describe('the command', () => {
  it('tells its address, serves, and ends with Ctrl-C', async () => {
    makeRun(join(home, 'a'));
    const serving = serve(home, '--port', '0');
    const url = await serving.url();
    // A stream that stays open does not keep it.
    const events = await fetch(new URL('/events', url));
    expect(events.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
    expect(await (await fetch(url)).text()).toContain('href="/run/a"');
    serving.stop();
    expect(await serving.code).toBe(130);
    await expect(fetch(url)).rejects.toThrow();
    expect(serving.stderr.text()).toBe('');
  });

  it('--json and --quiet', async () => {
    const serving = serve(home, '--port=0', '--json', '--quiet');
    const url = await serving.url();
    serving.stop();
    await serving.code;
    expect(serving.stdout.records()).toEqual([{ event: 'serving', url, directory: home }]);
    expect(serving.stderr.text()).toBe(`${url}\n`);
  });

  it('takes another port if nobody asked for the usual one and it is taken', async () => {
    const [first, second] = [serve(home), serve(home)];
    const urls = [await first.url(), await second.url()];
    expect(urls[0]).not.toBe(urls[1]);
    first.stop();
    second.stop();
    expect(await Promise.all([first.code, second.code])).toEqual([130, 130]);
  });

  it('refuses a port that is taken', async () => {
    const other = createServer();
    await new Promise<void>((done) => other.listen(0, '127.0.0.1', done));
    const { port } = other.address() as AddressInfo;
    const serving = serve(home, '--port', String(port));
    expect(await serving.code).toBe(2);
    expect(serving.stderr.text()).toContain('another program listens on it');
    other.close();
  });

  it.each<[readonly string[], number, string]>([
    [['nowhere'], 66, 'no such directory'],
    [['file'], 66, 'no directory'],
    [['runs', 'more'], 2, 'unexpected argument'],
    [['runs', '--port', '65536'], 2, '--port cannot be "65536"'],
    [['runs', '--port', '-1'], 2, '--port cannot be "-1"'],
    [['runs', '--port', '80a'], 2, '--port cannot be "80a"'],
    [['runs', '--host', '0.0.0.0'], 2, 'unknown option --host'],
    [['runs', '--quiet=no'], 2, '--quiet takes no value'],
  ])('%j exits %d', async (argv, code, message) => {
    mkdirSync(join(home, 'runs'));
    writeFileSync(join(home, 'file'), '');
    const words = argv.map((word) => (/^[a-z]+$/.test(word) ? join(home, word) : word));
    const serving = serve(...words);
    expect(await serving.code).toBe(code);
    expect(serving.stderr.text()).toContain(message);
    expect(serving.stdout.text()).toBe('');
  });

  it('--help', async () => {
    const serving = serve('--help');
    expect(await serving.code).toBe(0);
    expect(serving.stdout.text()).toContain('usage: node scripts/serve.js');
  });
});

describe.skipIf(!isBuilt || process.platform === 'win32')('scripts/serve.js', () => {
  it('ends with 130 on Ctrl-C', async () => {
    const child = spawn(process.execPath, [join(repository, 'scripts', 'serve.js'), home, '--port', '0']);
    const ended = new Promise<number | null>((done) => {
      child.on('close', done);
    });
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      if (text.includes('Ctrl-C')) child.kill('SIGINT');
    });
    expect(await ended).toBe(130);
  });
});
