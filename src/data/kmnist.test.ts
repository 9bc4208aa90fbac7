import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { cacheDirectory } from './cache.js';
import type { DownloadProgress } from './download.js';
import { readManifest, type KmnistManifest } from './kmnist-manifest.js';
import { loadKmnist } from './kmnist.js';
import { resolveDataset } from './resolve.js';
import { engineError, idx } from '../formats/testing/bytes.js';
import { answer, files, serve, silent, type Behaviour, type TestServer } from './testing/server.js';
import { images, smallKmnist as contents } from './testing/small-kmnist.js';

const names = Object.keys(contents);
const romaji = ['o', 'ki', 'su', 'tsu', 'na', 'ha', 'ma', 'ya', 're', 'wo'];

function manifestOf(
  set: Readonly<Record<string, Uint8Array>>,
  ...mirrors: readonly string[]
): KmnistManifest {
  const files = Object.entries(set).map(([name, bytes]) => ({
    name,
    bytes: bytes.length,
    sha256: createHash('sha256').update(bytes).digest('hex'),
  }));
  return { mirrors, files };
}

let root = '';
let cache = '';
let open: TestServer[] = [];
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'wgsl-train-'));
  cache = join(root, 'cache', 'kmnist');
});
afterEach(async () => {
  for (const server of open) await server.close();
  open = [];
  await rm(root, { recursive: true, force: true });
});

async function server(behaviour: Behaviour = files(contents)): Promise<TestServer> {
  const started = await serve(behaviour);
  open.push(started);
  return started;
}

const env = (more: Record<string, string> = {}): Record<string, string> => ({
  WGSL_TRAIN_CACHE: join(root, 'cache'),
  ...more,
});
const limits = { pauseMs: 10, attempts: 2 };
const options = (mirror: TestServer | undefined, more: Record<string, string> = {}) => ({
  env: env(more),
  manifest: manifestOf(contents, ...(mirror === undefined ? [] : [mirror.url])),
  limits,
});

async function fill(directory: string, changed: Readonly<Record<string, Uint8Array>> = {}): Promise<void> {
  await mkdir(directory, { recursive: true });
  for (const [name, bytes] of Object.entries({ ...contents, ...changed }))
    await writeFile(join(directory, name), bytes);
}

describe('the manifest', () => {
  test('names the official files by size and sha256', () => {
    const { mirrors, files: listed } = readManifest();
    expect(Object.fromEntries(listed.map(({ name, bytes, sha256 }) => [name, `${bytes} ${sha256}`]))).toEqual(
      {
        'train-images-idx3-ubyte.gz':
          '18165135 51467d22d8cc72929e2a028a0428f2086b092bb31cfb79c69cc0a90ce135fde4',
        'train-labels-idx1-ubyte.gz':
          '29497 e38f9ebcd0f3ebcdec7fc8eabdcdaef93bb0df8ea12bee65224341c8183d8e17',
        't10k-images-idx3-ubyte.gz':
          '3041136 edd7a857845ad6bb1d0ba43fe7e794d164fe2dce499a1694695a792adfac43c5',
        't10k-labels-idx1-ubyte.gz': '5120 20bb9a0ef54c7db3efc55a92eef5582c109615df22683c380526788f98e42a1c',
      },
    );
    expect(mirrors[0]).toBe('https://codh.rois.ac.jp/kmnist/dataset/kmnist/');
    for (const mirror of mirrors) expect(mirror).toMatch(/^https?:\/\/.*\/$/);
    // Where https does not get through; sizes and sha256 stand for the content.
    expect(mirrors.filter((mirror) => mirror.startsWith('http:'))).toEqual(mirrors.slice(-1));
  });
});

describe('the cache directory', () => {
  const home = join('/', 'home', 'someone');
  test.each([
    [{ WGSL_TRAIN_CACHE: '/a/b', XDG_CACHE_HOME: '/x' }, 'linux', '/a/b'],
    [{ WGSL_TRAIN_CACHE: 'here' }, 'linux', join(process.cwd(), 'here')],
    [{ WGSL_TRAIN_CACHE: '', XDG_CACHE_HOME: '/x' }, 'linux', join('/x', 'wgsl-train')],
    [{ XDG_CACHE_HOME: 'relative' }, 'linux', join(home, '.cache', 'wgsl-train')],
    [{ XDG_CACHE_HOME: '' }, 'linux', join(home, '.cache', 'wgsl-train')],
    [{}, 'linux', join(home, '.cache', 'wgsl-train')],
    [{}, 'darwin', join(home, 'Library', 'Caches', 'wgsl-train')],
    [{ XDG_CACHE_HOME: '/x' }, 'darwin', join('/x', 'wgsl-train')],
    [{ LOCALAPPDATA: '/local' }, 'win32', join('/local', 'wgsl-train', 'Cache')],
    [{}, 'win32', join(home, '.cache', 'wgsl-train')],
  ] as const)('%j on %s', (variables, platform, expected) => {
    expect(cacheDirectory(variables, platform, home)).toBe(expected);
  });
});

describe('--data kmnist', () => {
  test('downloads the four files, small ones first, and finds them in the cache later', async () => {
    const mirror = await server();
    const seen: DownloadProgress[] = [];
    const first = await loadKmnist({ ...options(mirror), onProgress: (progress) => seen.push(progress) });
    expect(first.source).toBe('a download');
    expect(first.dataset).toMatchObject({ name: 'kmnist', rows: 28, columns: 28, classes: 10 });
    expect(first.dataset.classNames).toEqual(romaji);
    expect([first.dataset.train.count, first.dataset.test.count]).toEqual([40, 20]);
    const bySize = names.toSorted((a, b) => contents[a]!.length - contents[b]!.length);
    expect(mirror.requests).toEqual(bySize.map((name) => `/${name}`));
    expect(seen.filter(({ received, total }) => received === total).map(({ file }) => file)).toEqual(bySize);
    expect((await readdir(cache)).sort()).toEqual(names.toSorted());

    const second = await loadKmnist(options(mirror));
    expect(second.source).toBe('the cache');
    expect(second.dataset.sha256).toBe(first.dataset.sha256);
    expect(mirror.requests.length).toBe(4);
  });

  test.each([
    ['cut off', (bytes: Uint8Array) => bytes.subarray(0, -1)],
    [
      'changed in one bit',
      (bytes: Uint8Array) => bytes.map((byte, index) => (index === 99 ? byte ^ 4 : byte)),
    ],
    ['empty', () => new Uint8Array()],
  ])('a cached file that is %s is reported and downloaded again', async (_, damage) => {
    const name = 't10k-images-idx3-ubyte.gz';
    await fill(cache, { [name]: damage(contents[name]!) });
    const mirror = await server();
    const notices: string[] = [];
    await loadKmnist({ ...options(mirror), onNotice: (notice) => notices.push(notice) });
    expect(mirror.requests).toEqual([`/${name}`]);
    expect(notices).toHaveLength(1);
    expect(notices[0]).toMatch(/t10k-images-idx3-ubyte\.gz is damaged/);
    expect((await readFile(join(cache, name))).equals(contents[name]!)).toBe(true);
  });

  test('a damaged file is neither used nor left when nothing better is to be had', async () => {
    const name = 'train-labels-idx1-ubyte.gz';
    await fill(cache, { [name]: Buffer.from('damaged') });
    const error = await engineError(
      async () => loadKmnist(options(await server(answer(404, {})))),
      'no-data',
      name,
    );
    expect(error.exitCode).toBe(66);
    expect(error.found).toContain('HTTP 404');
    for (const way of ['KMNIST_DIR', 'KMNIST_MIRROR', '--data synthetic'])
      expect(error.remedy).toContain(way);
    expect((await readdir(cache)).sort()).toEqual(names.filter((other) => other !== name).sort());
  });

  test('KMNIST_DIR is used, and the network is not', async () => {
    const directory = join(root, 'mine');
    await fill(directory);
    const mirror = await server();
    const { dataset, source } = await loadKmnist(options(mirror, { KMNIST_DIR: directory }));
    expect([dataset.name, source]).toEqual(['kmnist', 'KMNIST_DIR']);
    expect(mirror.requests).toEqual([]);
    expect(existsSync(cache)).toBe(false);
  });

  test('a KMNIST_DIR that does not hold the official files is refused, and left as it is', async () => {
    const directory = join(root, 'mine');
    await fill(directory, { 'train-images-idx3-ubyte.gz': gzipSync(images(39)) });
    const mirror = await server();
    const load = (): Promise<unknown> => loadKmnist(options(mirror, { KMNIST_DIR: directory }));
    const damaged = await engineError(load, 'no-data', 'train-images-idx3-ubyte.gz');
    expect(damaged.expected).toContain('sha256');
    expect(await readdir(directory)).toHaveLength(4);
    await rm(join(directory, 't10k-labels-idx1-ubyte.gz'));
    expect((await engineError(load, 'no-data', 't10k-labels-idx1-ubyte.gz')).found).toMatch(/no such file/);
    await rm(directory, { recursive: true });
    expect((await engineError(load, 'no-data', directory)).exitCode).toBe(66);
    expect(mirror.requests).toEqual([]);
  });

  test('KMNIST_MIRROR takes the place of the known mirrors', async () => {
    const [known, own, empty] = [await server(), await server(), await server(answer(404, {}))];
    await loadKmnist(options(known, { KMNIST_MIRROR: `${empty.url}, ${own.url}` }));
    expect([known.requests.length, empty.requests.length, own.requests.length]).toEqual([0, 4, 4]);
  });

  test.each(['nonsense', 'ftp://host/', 'file:///data/', 'http://host/,', '/data'])(
    'KMNIST_MIRROR=%s is a usage error, with auto too',
    async (value) => {
      const set = options(undefined, { KMNIST_MIRROR: value });
      await engineError(() => loadKmnist(set), 'usage', 'KMNIST_MIRROR');
      await engineError(() => resolveDataset('auto', set), 'usage', 'KMNIST_MIRROR');
    },
  );

  test('a set that matches its manifest and is no data set is a bad file', async () => {
    const odd = {
      ...contents,
      't10k-labels-idx1-ubyte.gz': gzipSync(idx([20], new Uint8Array(20).fill(10))),
    };
    const mirror = await server(files(odd));
    const load = (): Promise<unknown> =>
      loadKmnist({ env: env(), manifest: manifestOf(odd, mirror.url), limits });
    const error = await engineError(load, 'bad-file', 't10k-labels-idx1-ubyte.gz');
    expect(error.describe()).toMatch(/label 10 at index 0[^]*labels from 0 to 9/);
  });

  test('interruption ends it', async () => {
    const mirror = await server(silent);
    const signal = AbortSignal.timeout(50);
    await expect(loadKmnist({ ...options(mirror), signal })).rejects.toMatchObject({ kind: 'interrupted' });
    await expect(resolveDataset('auto', { ...options(mirror), signal })).rejects.toMatchObject({
      kind: 'interrupted',
    });
  });

  test('several at once share one cache', async () => {
    const mirror = await server();
    const all = await Promise.all(Array.from({ length: 4 }, () => loadKmnist(options(mirror))));
    expect(new Set(all.map(({ dataset }) => dataset.sha256)).size).toBe(1);
    expect((await readdir(cache)).sort()).toEqual(names.toSorted());
  });
});

describe('--data auto', () => {
  test('is KMNIST where it can be had, and says from where', async () => {
    const mirror = await server();
    const downloaded = await resolveDataset('auto', options(mirror));
    expect(downloaded.name).toBe('kmnist');
    expect(downloaded.notice).toBe('KMNIST is used, from a download');
    expect((await resolveDataset('auto', options(mirror))).notice).toBe('KMNIST is used, from the cache');
    const named = await resolveDataset('auto', options(mirror, { KMNIST_DIR: cache }));
    expect(named.notice).toBe('KMNIST is used, from KMNIST_DIR');
    expect((await resolveDataset('kmnist', options(mirror))).notice).toBeUndefined();
  });

  test('is not stopped by a KMNIST_DIR that does not hold it', async () => {
    const missing = join(root, 'nowhere');
    const { name, notice } = await resolveDataset('auto', options(await server(), { KMNIST_DIR: missing }));
    expect(name).toBe('kmnist');
    expect(notice).toMatch(/from a download; KMNIST is not in KMNIST_DIR: .*nowhere.*no such file/);
  });

  test('is the synthetic set when no mirror has it, and says why', async () => {
    const [refusing, mute, gone] = [await server(answer(404, {})), await server(silent), await server()];
    await gone.close();
    const set = {
      env: env(),
      manifest: manifestOf(contents, refusing.url, mute.url, gone.url),
      limits: { ...limits, routeTimeoutMs: 3000 },
    };
    const { name, notice, train, test: held } = await resolveDataset('auto', set);
    expect(name).toBe('synthetic:12000/2000');
    expect([train.count, held.count]).toEqual([12_000, 2_000]);
    expect(notice).toMatch(
      /^the built-in synthetic set \(12000 training and 2000 test images\) is used, not KMNIST/,
    );
    expect(notice).toContain(`${refusing.host}: HTTP 404`);
    expect(notice).toContain(`${mute.host}: no answer within`);
    expect(notice).toMatch(new RegExp(`${gone.host}: .*ECONNREFUSED`));
    expect(notice).not.toContain('\n');
  });
});
