/** Downloads by processes of their own: two at once, and one that is killed at whatever moment. */
import { spawn, type ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { integers } from '../../kernels.test/arrays.js';
import { howMany } from '../testing/modes.js';
import { compileRooms } from './testing/compiled.js';
import { answer, cutOff, serve, stall, whole, type Behaviour, type TestServer } from './testing/server.js';

const content = Uint8Array.from({ length: 300_000 }, (_, index) => (index * 7919) >> 8);
const sha256 = createHash('sha256').update(content).digest('hex');
const file = { name: 'images.gz', bytes: content.length, sha256 };

let home = '';
let cache = '';
let open: TestServer[] = [];
beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), 'wgsl-train-downloads-'));
  compileRooms(home, ['base', 'formats', 'platform', 'data']);
  writeFileSync(
    join(home, 'download.js'),
    `import { downloadFile } from './data/download.js';
     const [file, options] = JSON.parse(process.argv[2]);
     try {
       const bytes = await downloadFile(file, options);
       console.log('whole ' + bytes.length);
     } catch (error) {
       console.log(error.kind + ' ' + error.found);
     }`,
  );
});
afterAll(() => {
  rmSync(home, { recursive: true, force: true });
});
beforeEach(() => {
  cache = join(home, 'cache');
  mkdirSync(cache);
});
afterEach(async () => {
  for (const server of open) await server.close();
  open = [];
  rmSync(cache, { recursive: true, force: true });
});

async function server(...behaviours: readonly Behaviour[]): Promise<TestServer> {
  const started = await serve(...behaviours);
  open.push(started);
  return started;
}

interface Downloader {
  readonly child: ChildProcess;
  /** What it says when it ends; empty if it was killed. */
  readonly said: Promise<string>;
}

function download({ url }: TestServer): Downloader {
  const options = { directory: cache, mirrors: [url], limits: { pauseMs: 10, stallTimeoutMs: 60_000 } };
  const argv = [join(home, 'download.js'), JSON.stringify([file, options])];
  const child = spawn(process.execPath, argv, { stdio: ['ignore', 'pipe', 'inherit'] });
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (part: string) => (text += part));
  return { child, said: once(child, 'close').then(() => text.trim()) };
}

/** Sends what is asked for in many small pieces. */
function slowly(pause: number): Behaviour {
  return (response, request) => {
    const start = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
    const headers = {
      'content-length': content.length - start,
      'content-range': `bytes ${start}-${content.length - 1}/${content.length}`,
    };
    response.writeHead(start === 0 ? 200 : 206, headers);
    let sent = start;
    const timer = setInterval(() => {
      if (sent >= content.length) {
        clearInterval(timer);
        response.end();
      } else response.write(content.subarray(sent, (sent += 8192)));
    }, pause);
    response.on('close', () => {
      clearInterval(timer);
    });
  };
}

/** What stands under the file's own name: nothing, or the whole of it. */
function expectNothingBad(): void {
  const path = join(cache, file.name);
  if (existsSync(path)) expect(readFileSync(path).equals(content)).toBe(true);
}

/** Looks again and again until the work is done. */
async function watchUntil(work: Promise<unknown>): Promise<void> {
  const state = { isDone: false };
  const done = work.finally(() => {
    state.isDone = true;
  });
  while (!state.isDone) {
    expectNothingBad();
    await sleep(2);
  }
  await done;
}

test('two processes at once both have the file, which is never seen half', async () => {
  const slow = await server(slowly(3));
  const both = [download(slow), download(slow)];
  await watchUntil(Promise.all(both.map(({ said }) => said)));
  for (const { said } of both) expect(await said).toBe(`whole ${content.length}`);
  expect(readdirSync(cache)).toEqual([file.name]);
});

test('two processes at once do not write into what a third one left', async () => {
  writeFileSync(join(cache, 'images.gz.part'), content.subarray(0, 50_000));
  const slow = await server(slowly(3));
  const both = [download(slow), download(slow)];
  await watchUntil(Promise.all(both.map(({ said }) => said)));
  for (const { said } of both) expect(await said).toBe(`whole ${content.length}`);
  expect(slow.requests.toSorted()).toEqual(['/images.gz', '/images.gz bytes=50000-']);
  expect(readdirSync(cache)).toEqual([file.name]);
});

test('one that is killed leaves what has come, and the next one continues it', async () => {
  const stalling = await server(stall(content, 100_000));
  const { child, said } = download(stalling);
  const received = (): number => {
    const [part] = readdirSync(cache).filter((name) => name.endsWith('.part'));
    return part === undefined ? 0 : readFileSync(join(cache, part)).length;
  };
  while (received() < 100_000) await sleep(5);
  child.kill('SIGKILL');
  expect(await said).toBe('');
  expectNothingBad();
  const good = await server(whole(content));
  expect(await download(good).said).toBe(`whole ${content.length}`);
  expect(good.requests).toEqual(['/images.gz bytes=100000-']);
  expect(readdirSync(cache)).toEqual([file.name]);
});

test('killed at whatever moment, again and again, there is never a bad file, and in the end the right one', async () => {
  const slow = await server(slowly(1));
  for (const moment of integers(howMany(6, 200), 3, 500)) {
    const { child, said } = download(slow);
    await sleep(moment);
    child.kill('SIGKILL');
    await said;
    expectNothingBad();
    for (const name of readdirSync(cache)) {
      const found = readFileSync(join(cache, name));
      expect(found.equals(content.subarray(0, found.length)), name).toBe(true);
    }
  }
  rmSync(join(cache, file.name), { force: true });
  expect(await download(slow).said).toBe(`whole ${content.length}`);
  expect(readFileSync(join(cache, file.name)).equals(content)).toBe(true);
});

describe('a file that changes between its parts', () => {
  const other = content.map((byte) => byte ^ 1);
  const longer = Uint8Array.from({ length: content.length + 5 }, (_, index) => index);
  const partOf = (bytes: Uint8Array): Behaviour =>
    answer(
      206,
      { 'content-range': `bytes 80000-${bytes.length - 1}/${bytes.length}` },
      bytes.subarray(80_000),
    );

  test.each<[name: string, behaviours: readonly Behaviour[], requests: readonly string[]]>([
    ['into the right one', [cutOff(other, 80_000), whole(content)], ['', ' bytes=80000-', '']],
    [
      'into another and back',
      [cutOff(content, 80_000), partOf(other), whole(content)],
      ['', ' bytes=80000-', ''],
    ],
    [
      'into a longer one and back',
      [cutOff(content, 80_000), partOf(longer), whole(content)],
      ['', ' bytes=80000-', ''],
    ],
    [
      'each time',
      [cutOff(other, 80_000), partOf(content), cutOff(content, 80_000), partOf(other), whole(content)],
      ['', ' bytes=80000-', '', ' bytes=80000-'],
    ],
  ])('%s', async (_, behaviours, requests) => {
    const fickle = await server(...behaviours);
    const said = await download(fickle).said;
    expect(fickle.requests).toEqual(requests.map((request) => `/images.gz${request}`));
    expectNothingBad();
    if (requests.length < behaviours.length) expect(said).toMatch(/^no-data .*another sha256/);
    else expect(said).toBe(`whole ${content.length}`);
  });
});

test('redirects in a circle of two servers end', async () => {
  const urls: string[] = [];
  const to =
    (index: number): Behaviour =>
    (response) => {
      response.writeHead(302, { location: `${urls[index]!}images.gz` }).end();
    };
  const [one, two] = [await server(to(1)), await server(to(0))];
  urls.push(one.url, two.url);
  expect(await download(one).said).toMatch(/^no-data .*more than 5 redirects/);
  expect([one.requests.length, two.requests.length]).toEqual([3, 3]);
  expect(readdirSync(cache)).toEqual([]);
});
