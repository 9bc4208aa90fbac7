import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdirSync, statSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { downloadFile, type DownloadLimits, type DownloadProgress, type RemoteFile } from './download.js';
import { engineError } from '../formats/testing/bytes.js';
import {
  answer,
  cutOff,
  ignoringRange,
  serve,
  silent,
  stall,
  trickle,
  whole,
  type Behaviour,
  type TestServer,
} from './testing/server.js';

const content = Uint8Array.from({ length: 200_000 }, (_, index) => (index * 7919) >> 8);
const digest = createHash('sha256').update(content).digest('hex');
const file: RemoteFile = { name: 'images.gz', bytes: content.length, sha256: digest };
const other = content.map((byte) => byte ^ 1);
const page = '<!DOCTYPE html><html><body>Sign in to the network</body></html>';

let directory = '';
let open: TestServer[] = [];
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'wgsl-train-'));
});
afterEach(async () => {
  for (const server of open) await server.close();
  open = [];
  await rm(directory, { recursive: true, force: true });
});

async function server(...behaviours: readonly Behaviour[]): Promise<TestServer> {
  const started = await serve(...behaviours);
  open.push(started);
  return started;
}

function fetchFrom(
  mirrors: readonly TestServer[],
  limits: Partial<DownloadLimits> = {},
  more: { onProgress?: (progress: DownloadProgress) => void; signal?: AbortSignal } = {},
): Promise<Uint8Array> {
  return downloadFile(file, {
    directory,
    mirrors: mirrors.map(({ url }) => url),
    limits: { pauseMs: 10, ...limits },
    ...more,
  });
}

/** The file is in place, whole, and nothing else is left. */
async function expectInPlace(returned: Uint8Array): Promise<void> {
  expect(Buffer.from(returned).equals(content)).toBe(true);
  expect(await readdir(directory)).toEqual([file.name]);
  expect((await readFile(join(directory, file.name))).equals(content)).toBe(true);
}

describe('files that arrive', () => {
  test('at once, with progress', async () => {
    const seen: DownloadProgress[] = [];
    const good = await server(whole(content));
    await expectInPlace(await fetchFrom([good], {}, { onProgress: (progress) => seen.push(progress) }));
    expect(good.requests).toEqual(['/images.gz']);
    expect(seen.at(-1)).toEqual({ file: file.name, received: 200_000, total: 200_000, host: good.host });
    const received = seen.map((progress) => progress.received);
    expect(received).toEqual(received.toSorted((a, b) => a - b));
  });

  test('from a mirror whose URL has a path without a slash at its end', async () => {
    const good = await server(whole(content));
    await expectInPlace(await downloadFile(file, { directory, mirrors: [`${good.url}a/b`] }));
    expect(good.requests).toEqual(['/a/b/images.gz']);
  });

  test('into a directory that has to be made, in place of a damaged file', async () => {
    directory = join(directory, 'a', 'b');
    await mkdir(directory, { recursive: true });
    await writeFile(join(directory, file.name), 'damaged');
    await expectInPlace(await fetchFrom([await server(whole(content))]));
  });

  test('in pieces: a connection that ends is continued where it ended', async () => {
    const cut = await server(cutOff(content, 80_000), cutOff(content, 50_000), whole(content));
    await expectInPlace(await fetchFrom([cut]));
    expect(cut.requests).toEqual(['/images.gz', '/images.gz bytes=80000-', '/images.gz bytes=130000-']);
  });

  test('in pieces: a later call continues what an earlier one left', async () => {
    const cut = await server(cutOff(content, 80_000));
    const error = await engineError(() => fetchFrom([cut], { attempts: 1 }), 'no-data', file.name);
    expect(error.found).toContain('ended after 80,000 bytes of 200,000 bytes');
    expect(await readdir(directory)).toEqual(['images.gz.part']);
    const good = await server(whole(content));
    await expectInPlace(await fetchFrom([good]));
    expect(good.requests).toEqual(['/images.gz bytes=80000-']);
  });

  test('in pieces from two mirrors', async () => {
    const [cut, good] = [await server(cutOff(content, 80_000)), await server(whole(content))];
    await expectInPlace(await fetchFrom([cut, good], { attempts: 1 }));
    expect(good.requests).toEqual(['/images.gz bytes=80000-']);
  });

  test('from a server that ignores Range', async () => {
    const cut = await server(cutOff(content, 80_000), ignoringRange(content));
    await expectInPlace(await fetchFrom([cut]));
    expect(cut.requests).toEqual(['/images.gz', '/images.gz bytes=80000-']);
  });

  test('from a server that answers Range with another part', async () => {
    const headers = { 'content-range': 'bytes 0-199999/200000' };
    const odd = await server(cutOff(content, 80_000), answer(206, headers, content), whole(content));
    await expectInPlace(await fetchFrom([odd]));
    expect(odd.requests.at(-1)).toBe('/images.gz');
  });

  test('from a server that does not say how long the file is', async () => {
    await expectInPlace(await fetchFrom([await server(answer(200, {}, content))]));
  });

  test('after a failure of the server that passes', async () => {
    await expectInPlace(await fetchFrom([await server(answer(503, {}), answer(500, {}), whole(content))]));
  });

  test('after a connection that breaks before an answer', async () => {
    const broken: Behaviour = (response) => response.socket?.destroy();
    await expectInPlace(await fetchFrom([await server(broken, whole(content))]));
  });

  test('over redirects', async () => {
    const target = await server(whole(content));
    const moved = await server(
      answer(301, { location: '/moved' }),
      answer(307, { location: `${target.url}there` }),
    );
    await expectInPlace(await fetchFrom([moved]));
    expect([moved.requests, target.requests]).toEqual([['/images.gz', '/moved'], ['/there']]);
  });

  test.each([
    ['refuses', answer(404, {})],
    ['fails', answer(500, {})],
    ['sends a page', answer(200, { 'content-type': 'text/html' }, page)],
    ['sends other bytes', whole(other)],
    ['is silent', silent],
  ])('from the second mirror when the first %s', async (_, behaviour) => {
    const [bad, good] = [await server(behaviour), await server(whole(content))];
    await expectInPlace(await fetchFrom([bad, good], { connectTimeoutMs: 2000 }));
    expect(bad.requests.length).toBeGreaterThan(0);
  });
});

describe('what earlier downloads left', () => {
  const old = new Date(Date.now() - 3_600_000);

  const here = createHash('sha256').update(hostname()).digest('hex').slice(0, 8);
  const gone = spawnSync(process.execPath, ['--version']).pid;

  test.each([
    ['a process of this machine that was killed', `images.gz.${here}-${gone}-12ab34cd.part`, new Date()],
    ['another machine, long ago', `images.gz.01234567-${process.pid}-12ab34cd.part`, old],
    ['something else, long ago', 'images.gz.tmp.part', old],
  ])('a partial file of %s is continued', async (_, name, modified) => {
    await writeFile(join(directory, name), content.subarray(0, 1000));
    await utimes(join(directory, name), modified, modified);
    const good = await server(whole(content));
    await expectInPlace(await fetchFrom([good]));
    expect(good.requests).toEqual(['/images.gz bytes=1000-']);
  });

  test.each([
    ['a running process of this machine', `images.gz.${here}-${process.pid}-12ab34cd.part`],
    ['another machine', `images.gz.01234567-${gone}-12ab34cd.part`],
    ['something else', 'images.gz.tmp.part'],
  ])('a partial file that %s may still be writing is left alone', async (_, name) => {
    await writeFile(join(directory, name), content.subarray(0, 1000));
    const good = await server(whole(content));
    await fetchFrom([good]);
    expect(good.requests).toEqual(['/images.gz']);
    expect((await readdir(directory)).sort()).toEqual(['images.gz', name]);
  });

  test('of several, one is continued and the others are removed in the end', async () => {
    for (const name of ['images.gz.part', `images.gz.${here}-${gone}-12ab34cd.part`])
      await writeFile(join(directory, name), content.subarray(0, 1000));
    await expectInPlace(await fetchFrom([await server(whole(content))]));
  });

  test('files of other names are left alone', async () => {
    const names = ['images.gz.bak', 'images.gz2.part', 'labels.gz.part'];
    for (const name of names) await writeFile(join(directory, name), 'x');
    await fetchFrom([await server(whole(content))]);
    expect((await readdir(directory)).sort()).toEqual(['images.gz', ...names]);
  });

  test('a complete one is used without a request', async () => {
    await writeFile(join(directory, 'images.gz.part'), content);
    const good = await server(whole(content));
    await expectInPlace(await fetchFrom([good]));
    expect(good.requests).toEqual([]);
  });

  test.each([
    ['begins with other bytes', other.subarray(0, 1000)],
    ['is whole, with other bytes', other],
    ['is too long', Buffer.concat([content, content])],
    ['is empty', new Uint8Array()],
  ])('one that %s is dropped', async (_, bytes) => {
    await writeFile(join(directory, 'images.gz.part'), bytes);
    const good = await server(whole(content));
    await expectInPlace(await fetchFrom([good]));
    expect(good.requests.at(-1)).toBe('/images.gz');
  });
});

describe('files that do not arrive', () => {
  const long = Buffer.concat([content, Buffer.from('more')]);
  const cases: readonly (readonly [
    name: string,
    behaviour: Behaviour,
    why: RegExp,
    requests: number,
    limits?: Partial<DownloadLimits>,
  ])[] = [
    ['404', answer(404, {}, page), /HTTP 404 for http/, 1],
    ['403', answer(403, {}, page), /HTTP 403/, 1],
    ['204', answer(204, {}), /HTTP 204/, 1],
    ['500, again and again', answer(500, {}), /HTTP 500/, 3],
    ['429, again and again', answer(429, {}), /HTTP 429/, 3],
    ['an HTML page', answer(200, { 'content-type': 'text/html' }, page), /a page \(text\/html\)/, 1],
    ['an HTML page that does not say so', answer(200, {}, page), /ended after 63 bytes/, 3],
    ['an HTML page with its length', ignoringRange(Buffer.from(page)), /it offers 63 bytes/, 1],
    ['other bytes of the right length', whole(other), /another sha256/, 1],
    ['a longer file', ignoringRange(long), /it offers 200004 bytes \(no content type\), not 200000/, 1],
    ['a longer file of unstated length', answer(200, {}, long), /more than 200,000 bytes/, 1],
    ['an empty file', answer(200, { 'content-length': '0' }), /it offers 0 bytes/, 1],
    ['an empty file of unstated length', answer(200, {}), /ended after 0 bytes/, 3],
    ['a part that was not asked for', answer(206, {}, content), /HTTP 206/, 1],
    ['a gzip-encoded body', answer(200, { 'content-encoding': 'gzip' }, content), /gzip-encoded/, 1],
    ['416 without a Range', answer(416, {}), /cannot continue/, 3],
    ['a redirect to itself', answer(302, { location: '/images.gz' }), /more than 5 redirects/, 6],
    ['a redirect without a target', answer(302, {}), /redirects/, 6],
    ['a redirect to a file', answer(302, { location: 'file:///etc/hosts' }), /to file:/, 1],
    ['a redirect to nonsense', answer(302, { location: 'http://[' }), /Invalid URL/, 1],
    ['no answer', silent, /no answer within 0\.5 s/, 1, { connectTimeoutMs: 500 }],
    ['headers only', stall(content, 0), /nothing arrived for 0\.2 s/, 3, { stallTimeoutMs: 200 }],
    ['a body that stalls', stall(content, 500), /nothing arrived for 0\.2 s/, 3, { stallTimeoutMs: 200 }],
    [
      'a body that never gets done',
      trickle(content),
      /too long in all/,
      1,
      { totalTimeoutMs: 300, attempts: 1 },
    ],
    ['no first byte in time', silent, /no answer within/, 1, { routeTimeoutMs: 500 }],
  ];

  test.each(cases)('%s', async (...row) => {
    const [, behaviour, why, requests, limits = {}] = row as unknown as (typeof cases)[number];
    const bad = await server(behaviour);
    const error = await engineError(() => fetchFrom([bad], { attempts: 3, ...limits }), 'no-data', file.name);
    expect(error.exitCode).toBe(66);
    expect(error.found).toMatch(why);
    expect(error.found).toContain(bad.host);
    expect(error.expected).toContain(digest);
    expect(bad.requests.length).toBe(requests);
    expect(await readdir(directory)).not.toContain(file.name);
  });

  test('what is known to be wrong is not kept, what may be right is', async () => {
    await engineError(async () => fetchFrom([await server(whole(other))]), 'no-data', file.name);
    await engineError(async () => fetchFrom([await server(answer(200, {}, long))]), 'no-data', file.name);
    await engineError(async () => fetchFrom([await server(answer(404, {}))]), 'no-data', file.name);
    expect(await readdir(directory)).toEqual([]);
    const limits = { stallTimeoutMs: 200, attempts: 1 };
    await engineError(
      async () => fetchFrom([await server(stall(content, 500))], limits),
      'no-data',
      file.name,
    );
    expect(await readdir(directory)).toEqual(['images.gz.part']);
  });

  test('every mirror is named with its reason', async () => {
    const [one, two] = [await server(answer(404, {})), await server(whole(other))];
    const gone = await serve(silent);
    await gone.close();
    const error = await engineError(() => fetchFrom([one, two, gone]), 'no-data', file.name);
    expect(error.found).toMatch(
      new RegExp(`${one.host}: HTTP 404[^]*${two.host}: the content[^]*${gone.host}: `),
    );
    expect(error.found).toContain('ECONNREFUSED');
  });

  test('the mirrors share the time for a first byte', async () => {
    const [one, two] = [await server(silent), await server(silent)];
    const error = await engineError(
      () => fetchFrom([one, two], { routeTimeoutMs: 900 }),
      'no-data',
      file.name,
    );
    expect(error.found).toMatch(
      new RegExp(`${one.host}: no answer within 0[^]*${two.host}: no answer within 0`),
    );
  });

  test('no mirror at all', async () => {
    expect((await engineError(() => fetchFrom([]), 'no-data', file.name)).found).toBe('no mirror to ask');
  });

  test('a cache that cannot be written to', async () => {
    const blocked = join(directory, 'file');
    await writeFile(blocked, '');
    const { url } = await server(whole(content));
    const call = (): Promise<Uint8Array> => downloadFile(file, { directory: blocked, mirrors: [url] });
    expect((await engineError(call, 'no-data', blocked)).remedy).toContain('WGSL_TRAIN_CACHE');
  });
});

describe('interruption', () => {
  test.each([
    ['before an answer', silent],
    ['between bytes', stall(content, 500)],
    ['between attempts', answer(500, {})],
  ])('%s ends the download at once', async (_, behaviour) => {
    const controller = new AbortController();
    const slow = await server((response, request) => {
      behaviour(response, request);
      setTimeout(() => {
        controller.abort();
      }, 50);
    });
    try {
      await fetchFrom([slow, slow], { pauseMs: 60_000 }, { signal: controller.signal });
      expect.fail('it ended without an error');
    } catch (error) {
      expect(error).toMatchObject({ kind: 'interrupted', exitCode: 130 });
    }
    expect(await readdir(directory)).not.toContain(file.name);
  });

  test('keeps what has arrived', async () => {
    const controller = new AbortController();
    const slow = await server(stall(content, 500));
    const watch = setInterval(() => {
      for (const name of readdirSync(directory))
        if (statSync(join(directory, name), { throwIfNoEntry: false })?.size === 500) controller.abort();
    }, 20);
    await expect(fetchFrom([slow], {}, { signal: controller.signal })).rejects.toMatchObject({
      kind: 'interrupted',
    });
    clearInterval(watch);
    expect((await readFile(join(directory, 'images.gz.part'))).equals(content.subarray(0, 500))).toBe(true);
  });
});

test('downloads at the same time do not disturb each other', async () => {
  await writeFile(join(directory, 'images.gz.part'), content.subarray(0, 1000));
  // Not to the one that continues the partial file: its next attempt would ask for the same range, and be
  // counted below.
  const refuseOnce: Behaviour = (response, request) => {
    const behaviour = request.headers.range === undefined ? answer(500, {}) : whole(content);
    behaviour(response, request);
  };
  const flaky = await server(
    cutOff(content, 70_000),
    whole(content),
    cutOff(content, 30_000),
    refuseOnce,
    whole(content),
  );
  const all = await Promise.all(Array.from({ length: 8 }, () => fetchFrom([flaky])));
  for (const returned of all) await expectInPlace(returned);
  // The one partial file that was there was continued by exactly one of them.
  expect(flaky.requests.filter((request) => request.endsWith('bytes=1000-')).length).toBe(1);
});
