/** scripts/data.js, with a server on this machine in the place of the mirrors. */
import { createHash } from 'node:crypto';
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
import { gzipSync } from 'node:zlib';
import sharp from 'sharp';
import { afterEach, beforeEach, describe, expect, it, test } from 'vitest';
import { data } from './data.js';
import { parseIdxImages, parseIdxLabels } from '../../formats/testing/arrays.js';
import { encodeIdxImages, encodeIdxLabels } from '../../formats/idx.js';
import { readDirectory } from '../../data/directory.js';
import { encodeNpz } from '../../formats/npz.js';
import { encodePng } from '../../formats/png.js';
import type { Tensor } from '../../formats/tensor.js';
import { answer, files, serve, stall, type Behaviour, type TestServer } from '../../data/testing/server.js';
import { images, labels, smallKmnist as contents } from '../../data/testing/small-kmnist.js';
import { capture } from '../../testing/capture.js';

const names = Object.keys(contents);
const manifest = {
  mirrors: [],
  files: Object.entries(contents).map(([name, bytes]) => ({
    name,
    bytes: bytes.length,
    sha256: createHash('sha256').update(bytes).digest('hex'),
  })),
};
const limits = { connectTimeoutMs: 2000, stallTimeoutMs: 2000, attempts: 2, pauseMs: 1 };

let home: string;
let cache: string;
let open: TestServer[];
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'wgsl-train-data-'));
  cache = join(home, 'cache', 'kmnist');
  open = [];
});
afterEach(async () => {
  for (const server of open) await server.close();
  rmSync(home, { recursive: true, force: true });
});

async function server(behaviour: Behaviour = files(contents)): Promise<TestServer> {
  const started = await serve(behaviour);
  open.push(started);
  return started;
}

async function run(argv: readonly string[], env: Record<string, string> = {}, signal?: AbortSignal) {
  const stdout = capture();
  const stderr = capture();
  const world = { env: { WGSL_TRAIN_CACHE: join(home, 'cache'), ...env }, manifest, limits };
  const code = await data(world).execute(argv, {
    stdout,
    stderr,
    signal: signal ?? new AbortController().signal,
    loadEngine: () => Promise.reject(new Error('data.js needs no adapter')),
  });
  return { code, stdout, stderr };
}

function fill(directory: string, set: Readonly<Record<string, Uint8Array>> = contents): string {
  mkdirSync(directory, { recursive: true });
  for (const [name, bytes] of Object.entries(set)) writeFileSync(join(directory, name), bytes);
  return directory;
}

describe('a bad command line exits 2, says why, and touches nothing', () => {
  test.each<[string[], string, string]>([
    [[], 'no command was named', 'import  convert the data set in FROM'],
    [['--quiet'], 'no command was named', 'data.js --help'],
    [['ftech'], 'there is no command "data ftech"', 'did you mean fetch?'],
    [['toString'], 'there is no command "data toString"', 'see node scripts/data.js --help'],
    [['fetch', 'now'], 'unexpected argument "now"', 'data.js fetch --help'],
    [['fetch', '--out', 'x'], 'unknown option --out', 'data.js fetch --help'],
    [['fetch', '--mirror'], '--mirror needs a value', 'URL'],
    [['fetch', '--mirror', 'ftp://host/'], '--mirror cannot be "ftp://host/"', 'http or https'],
    [['fetch', '--mirror', 'http://host/,'], '--mirror cannot be ""', 'separated by commas'],
    [['fetch', '--quiet=yes'], '--quiet takes no value', '--quiet alone'],
    [['verify', 'a', 'b'], 'unexpected argument "b"', 'data.js verify [DIR]'],
    [['verify', ' '], 'DIR cannot be " "', 'a name'],
    [['path', '--overwrite'], 'unknown option --overwrite', 'data.js path --help'],
    [['import'], 'FROM is missing', 'data.js import --help'],
    [['import', 'a'], 'TO is missing', 'the directory that the converted one goes to'],
    [['import', 'a', './a/'], 'FROM and TO are both', 'another directory'],
    [['import', 'a', 'b', '--format', 'nzp'], '--format cannot be "nzp"', 'did you mean --format npz?'],
    [['show'], '--out is missing', '--data synthetic --out'],
    [['show', '--out', 'x.png', '--per-class', '0'], '--per-class cannot be "0"', 'from 1 to 100'],
    [['show', '--out', 'x.png', '--scale', '2.5'], '--scale cannot be "2.5"', 'from 1 to 16'],
    [['show', '--out', 'x.png', '--part', 'validation'], '--part cannot be "validation"', 'train, test'],
    [['show', '--out', 'x.png', '--data', 'synthetic:0'], '--data synthetic:0', 'whole numbers from 10'],
    [['show', '--out', 'a\0b'], '--out cannot be', 'without control characters'],
  ])('%j', async (argv, names_, expected) => {
    const { code, stdout, stderr } = await run(argv);
    expect({ code, stdout: stdout.text() }).toEqual({ code: 2, stdout: '' });
    expect(stderr.text()).toContain(names_);
    expect(stderr.text()).toContain(expected);
    expect(readdirSync(home)).toEqual([]);
  });

  it('is told to programs as JSON', async () => {
    const { code, stdout } = await run(['ftech', '--json']);
    expect(code).toBe(2);
    expect(stdout.records()).toMatchObject([{ event: 'error', kind: 'usage', exitCode: 2 }]);
  });
});

test('--help of the command and of each subcommand', async () => {
  const { code, stdout } = await run(['--help']);
  expect(code).toBe(0);
  for (const name of ['fetch', 'verify', 'path', 'import', 'show'])
    expect(stdout.text()).toMatch(new RegExp(`^  ${name} +\\w+`, 'm'));
  for (const name of ['fetch', 'verify', 'path', 'import', 'show']) {
    const help = await run([name, '--help']);
    expect(help.code).toBe(0);
    expect(help.stdout.text()).toContain(`node scripts/data.js ${name}`);
    for (const line of help.stdout.lines()) expect(line.length).toBeLessThanOrEqual(80);
  }
});

describe('fetch', () => {
  it('downloads into the cache, continues what broke off, and then has nothing to do', async () => {
    const mirror = await server();
    const large = contents['train-images-idx3-ubyte.gz']!;
    fill(cache, { 'train-images-idx3-ubyte.gz.part': large.subarray(0, 100) });
    const first = await run(['fetch', '--mirror', mirror.url]);
    expect(first.code).toBe(0);
    expect(first.stdout.text()).toContain(`KMNIST is complete: 40 + 20 images, verified by sha256\n${cache}`);
    expect(first.stdout.text()).toContain(`downloaded train-images-idx3-ubyte.gz from ${mirror.host}`);
    expect(mirror.requests).toContain('/train-images-idx3-ubyte.gz bytes=100-');
    expect(readdirSync(cache).sort()).toEqual([...names].sort());
    for (const [name, bytes] of Object.entries(contents))
      expect(readFileSync(join(cache, name)).equals(bytes)).toBe(true);

    const again = await run(['fetch', '--json', '--mirror', mirror.url]);
    expect(again.stdout.records().map(({ event }) => event)).toEqual([...names.map(() => 'file'), 'fetched']);
    expect(again.stdout.records().at(-1)).toMatchObject({ directory: cache, downloaded: false, train: 40 });
    expect(again.stderr.text()).toContain('already complete');
    expect(mirror.requests).toHaveLength(4);
  });

  it('takes KMNIST_MIRROR, and goes into the cache though KMNIST_DIR is set', async () => {
    const mirror = await server();
    const env = { KMNIST_MIRROR: mirror.url, KMNIST_DIR: join(home, 'elsewhere') };
    const { code, stdout } = await run(['fetch'], env);
    expect(code).toBe(0);
    expect(stdout.text()).toContain('KMNIST_DIR is set');
    expect(readdirSync(cache)).toHaveLength(4);
  });

  it('says the result alone with --quiet', async () => {
    const mirror = await server();
    const quiet = await run(['fetch', '--quiet', '--mirror', mirror.url]);
    expect(quiet.stdout.lines()).toHaveLength(2);
  });

  it('replaces a damaged file, and says so', async () => {
    const mirror = await server();
    fill(cache, { ...contents, 't10k-labels-idx1-ubyte.gz': Uint8Array.of(1, 2, 3) });
    const { code, stdout } = await run(['fetch', '--mirror', mirror.url]);
    expect(code).toBe(0);
    expect(stdout.text()).toContain('is damaged (3 bytes, not ');
    expect(mirror.requests).toEqual(['/t10k-labels-idx1-ubyte.gz']);
  });

  it('ends with 66 where no mirror has it, naming each', async () => {
    const mirror = await server(answer(404, {}));
    const { code, stderr } = await run(['fetch', '--mirror', mirror.url]);
    expect(code).toBe(66);
    expect(stderr.text()).toContain(`${mirror.host}: HTTP 404`);
    expect(stderr.text()).toContain('remedy:');
  });

  it('ends with 130 on Ctrl-C, and keeps what has come', async () => {
    const large = contents['t10k-labels-idx1-ubyte.gz']!;
    const mirror = await server(stall(large, 10));
    const { code } = await run(['fetch', '--mirror', mirror.url], {}, AbortSignal.timeout(300));
    expect(code).toBe(130);
  });
});

describe('path', () => {
  it('is the cache, the default or KMNIST_DIR; alone with --quiet', async () => {
    const { code, stdout } = await run(['path', '--quiet']);
    expect({ code, text: stdout.text() }).toEqual({ code: 0, text: `${cache}\n` });
    expect((await run(['path'])).stdout.text()).toContain('(by WGSL_TRAIN_CACHE)');
    const xdg = { WGSL_TRAIN_CACHE: '', XDG_CACHE_HOME: home };
    expect((await run(['path'], xdg)).stdout.text()).toContain(
      `${join(home, 'wgsl-train', 'kmnist')}\n  (by XDG_CACHE_HOME)`,
    );
    const none = { WGSL_TRAIN_CACHE: '' };
    expect((await run(['path'], none)).stdout.text()).toContain('(the default; WGSL_TRAIN_CACHE moves it)');
    const own = { KMNIST_DIR: home };
    expect((await run(['path'], own)).stdout.text()).toContain(`${home}\n  (by KMNIST_DIR)`);
  });

  it('says what is there, and creates nothing', async () => {
    expect((await run(['path'])).stdout.text()).toContain('data.js fetch');
    expect(existsSync(cache)).toBe(false);
    fill(cache, {
      ...contents,
      't10k-labels-idx1-ubyte.gz': Uint8Array.of(1),
      'train-images-idx3-ubyte.gz.part': new Uint8Array(77),
    });
    rmSync(join(cache, 'train-images-idx3-ubyte.gz'));
    const { stdout } = await run(['path', '--json']);
    expect(stdout.records()).toMatchObject([
      {
        event: 'path',
        directory: cache,
        files: [
          { state: 'missing', partial: 77 },
          { state: 'complete' },
          { state: 'complete' },
          { state: 'damaged', bytes: 1 },
        ],
      },
    ]);
    const text = (await run(['path'])).stdout.text();
    expect(text).toMatch(/train-images-idx3-ubyte\.gz +missing, 77 bytes of [\d,]+ bytes so far/);
  });
});

describe('verify', () => {
  it('knows the official files', async () => {
    fill(cache);
    const { code, stdout } = await run(['verify']);
    expect(code).toBe(0);
    expect(stdout.text()).toContain('40 images of 28 x 28');
    expect(stdout.text()).toContain('the official KMNIST: 40 training and 20 test images of 28 x 28');
    for (const { sha256 } of manifest.files) expect(stdout.text()).toContain(sha256);
    for (const line of stdout.lines()) expect(line.length).toBeLessThanOrEqual(80);
    expect((await run(['verify', '--quiet'])).stdout.lines()).toHaveLength(2);
  });

  it('ends with 66 where files are missing, and with 65 where one is damaged', async () => {
    const nothing = await run(['verify']);
    expect(nothing.code).toBe(66);
    expect(nothing.stderr.text()).toContain(`KMNIST is not in ${cache}`);
    expect(nothing.stderr.text()).toContain('data.js fetch');
    fill(cache);
    rmSync(join(cache, names[0]!));
    const some = await run(['verify', '--quiet']);
    expect(some.code).toBe(66);
    expect(some.stderr.text()).toContain(`no ${names[0]!}`);
    writeFileSync(join(cache, names[1]!), gzipSync(labels(41)));
    const damaged = await run(['verify', '--json']);
    expect(damaged.code).toBe(65);
    expect(damaged.stdout.records().map(({ file, verdict }) => [file, verdict])).toEqual([
      [names[0], 'missing'],
      [names[1], 'damaged'],
      [names[2], 'official'],
      [names[3], 'official'],
      [undefined, undefined],
    ]);
  });

  it('checks any directory by its contents', async () => {
    const own = fill(join(home, 'own'), {
      'train-images-idx3-ubyte': images(12),
      'train-labels-idx1-ubyte': labels(12),
      't10k-images-idx3-ubyte.gz': gzipSync(images(11)),
      't10k-labels-idx1-ubyte.gz': gzipSync(labels(11)),
    });
    const sound = await run(['verify', own]);
    expect(sound.code).toBe(0);
    expect(sound.stdout.text()).toContain('sound: 12 training and 11 test images');
    writeFileSync(join(own, 't10k-labels-idx1-ubyte.gz'), gzipSync(labels(11)).subarray(0, 20));
    const cut = await run(['verify', own]);
    expect(cut.code).toBe(65);
    expect(cut.stderr.text()).toMatch(/t10k-labels-idx1-ubyte\.gz is damaged[^]*ends too early/);
    writeFileSync(join(own, 't10k-labels-idx1-ubyte.gz'), gzipSync(labels(10)));
    const unfit = await run(['verify', own]);
    expect(unfit.code).toBe(65);
    expect(unfit.stderr.text()).toContain('the number of labels is not the number of images');
    rmSync(join(own, 't10k-labels-idx1-ubyte.gz'));
    expect((await run(['verify', own])).code).toBe(66);
    const gone = await run(['verify', join(home, 'nowhere')]);
    expect(gone.code).toBe(66);
    expect(gone.stderr.text()).not.toContain('--data');
  });
});

describe('import', () => {
  const files = (directory: string): string[] => readdirSync(directory).sort();

  it('goes from IDX to .npz and back to the same bytes', async () => {
    const from = fill(join(home, 'kmnist'));
    const [numpy, back] = [join(home, 'numpy'), join(home, 'kmnist-back')];
    const first = await run(['import', from, numpy]);
    expect(first.code).toBe(0);
    expect(files(numpy)).toEqual([
      'kmnist-test-imgs.npz',
      'kmnist-test-labels.npz',
      'kmnist-train-imgs.npz',
      'kmnist-train-labels.npz',
    ]);
    const second = await run(['import', numpy, back, '--format', 'idx', '--json']);
    expect(second.code).toBe(0);
    expect(second.stdout.records().at(-1)).toMatchObject({ event: 'imported', format: 'idx', train: 40 });
    expect(readFileSync(join(back, 'train-images-idx3-ubyte')).equals(images(40))).toBe(true);
    expect(readFileSync(join(back, 't10k-labels-idx1-ubyte')).equals(labels(20))).toBe(true);
    expect((await readDirectory(back)).sha256).toBe((await readDirectory(from)).sha256);
  });

  it('turns rows and columns over, there and back', async () => {
    const from = fill(join(home, 'set'));
    const [turned, back] = [join(home, 'turned'), join(home, 'back')];
    await run(['import', from, turned, '--transpose']);
    await run(['import', turned, back, '--transpose', '--format', 'idx']);
    const [a, b, c] = [await readDirectory(from), await readDirectory(turned), await readDirectory(back)];
    expect(c.sha256).toBe(a.sha256);
    expect(b.test.pixels[28 * 3 + 5]).toBe(a.test.pixels[28 * 5 + 3]);
    expect(b.sha256).not.toBe(a.sha256);
  });

  it('makes a data set of pictures, as it is asked for', async () => {
    const from = join(home, 'pictures');
    for (let i = 0; i < 20; i++) {
      const folder = join(from, i % 2 === 0 ? 'cat' : 'dog');
      mkdirSync(folder, { recursive: true });
      const pixels = new Uint8Array(3 * 40).fill(10 * i);
      writeFileSync(join(folder, `${i}.png`), encodePng({ width: 8, height: 5, channels: 3, pixels }));
    }
    const to = join(home, 'to');
    const { code, stdout } = await run([
      'import',
      from,
      to,
      '--size',
      '6x7',
      '--polarity',
      'invert',
      '--seed',
      '3',
    ]);
    expect(code).toBe(0);
    expect(stdout.text()).toContain('read 20 of 20 pictures');
    expect(files(to)).toContain('train-images-idx3-ubyte.gz');
    const set = await readDirectory(to);
    expect(set).toMatchObject({ rows: 6, columns: 7, classNames: ['cat', 'dog'] });
    expect([set.train.count, set.test.count]).toEqual([16, 4]);
    for (const pixel of set.train.pixels) expect((255 - pixel) % 10).toBe(0);
    const wrong = await run(['import', to, join(home, 'other'), '--grey', 'red']);
    expect(wrong.code).toBe(2);
    expect(wrong.stderr.text()).toContain('--grey is not for this data set');
  });

  it('keeps features as float32, in .npz alone; they are shown in shades, and verified', async () => {
    const from = join(home, 'features.npz');
    const data = Float32Array.from({ length: 30 }, (_, i) => i / 8 - 1);
    const y = Uint8Array.from({ length: 10 }, (_, i) => i % 2);
    const x: Tensor = { shape: [10, 3], data };
    writeFileSync(
      from,
      await encodeNpz(
        new Map<string, Tensor>([
          ['x', x],
          ['y', { shape: [10], data: y }],
        ]),
      ),
    );
    const to = join(home, 'to');
    expect((await run(['import', from, to, '--seed', '4'])).code).toBe(0);
    const [there, back] = [await readDirectory(from, { seed: 4 }), await readDirectory(to)];
    expect(back.sha256).toBe(there.sha256);
    expect(back.train.pixels).toBeInstanceOf(Float32Array);
    const refused = await run(['import', from, join(home, 'idx'), '--format', 'idx']);
    expect(refused.code).toBe(2);
    expect(refused.stderr.text()).toMatch(/holds f32 features[^]*--format npz/);
    const drawn = await run(['import', to, join(home, 'again'), '--seed', '4']);
    expect(drawn.code).toBe(2);
    expect(drawn.stderr.text()).toContain('--seed is not for this data set');
    expect((await run(['show', '--data', from, '--out', join(home, 'shades.png')])).code).toBe(0);
    const { code, stdout } = await run(['verify', from]);
    expect(code).toBe(0);
    expect(stdout.text()).toMatch(
      /read as 1 x 3 f32 features[^]*sound: 8 training and 2 test rows of features/,
    );
  });

  it('overwrites only where it was told to, and then leaves nothing of what was there', async () => {
    const from = fill(join(home, 'kmnist'));
    const to = join(home, 'to');
    expect((await run(['import', from, to])).code).toBe(0);
    const before = files(to);
    writeFileSync(join(to, 'notes.txt'), 'mine');
    const refused = await run(['import', from, to, '--format', 'idx']);
    expect(refused.code).toBe(2);
    expect(refused.stderr.text()).toContain('--overwrite');
    expect(files(to)).toEqual([...before, 'notes.txt'].sort());
    expect((await run(['import', from, to, '--format', 'idx', '--overwrite'])).code).toBe(0);
    expect(files(to)).toEqual([...names.map((name) => name.replace('.gz', '')), 'notes.txt'].sort());
  });

  it('refuses what is missing or damaged, and writes nothing', async () => {
    const to = join(home, 'to');
    const gone = await run(['import', join(home, 'nowhere'), to]);
    expect(gone.code).toBe(66);
    expect(gone.stderr.text()).not.toContain('--data');
    const bad = fill(join(home, 'bad'), { ...contents, [names[0]!]: Uint8Array.of(1, 2, 3) });
    expect((await run(['import', bad, to])).code).toBe(65);
    expect(existsSync(to)).toBe(false);
  });

  it('takes the names of classes along', async () => {
    const from = fill(join(home, 'set'));
    const names = Array.from({ length: 10 }, (_, label) => `class ${'abcdefghij'[label]!}`);
    writeFileSync(join(from, 'classes.txt'), names.join('\n'));
    const to = join(home, 'other');
    await run(['import', from, to, '--format', 'idx']);
    expect((await readDirectory(to)).classNames).toEqual(names);
    rmSync(join(from, 'classes.txt'));
    await run(['import', from, to, '--overwrite']);
    expect((await readDirectory(to)).classNames[9]).toBe('9');
  });
});

test('the IDX writer is the inverse of the reader, and refuses what does not fill its shape', () => {
  const array = { count: 2, rows: 3, columns: 4, pixels: Uint8Array.from({ length: 24 }, (_, i) => i) };
  expect(parseIdxImages(encodeIdxImages(array), 'images')).toEqual(array);
  expect(parseIdxLabels(encodeIdxLabels(Uint8Array.of(3, 1)), 'labels')).toEqual(Uint8Array.of(3, 1));
  expect(Buffer.from(encodeIdxLabels(Uint8Array.of(7))).toString('hex')).toBe('000008010000000107');
  expect(() => encodeIdxImages({ ...array, count: 3 })).toThrow(/does not fill/);
});

describe('show', () => {
  it('draws any set that --data takes', async () => {
    const set = fill(join(home, 'kmnist'));
    const out = join(home, 'sheets', 'sheet.png');
    const argv = ['show', '--data', set, '--beside', 'synthetic:30/10', '--part', 'test', '--per-class', '2'];
    const { code, stdout } = await run([...argv, '--out', out, '--json']);
    expect(code).toBe(0);
    const [saved] = stdout.records();
    expect(saved).toMatchObject({ event: 'saved', path: out, sets: [set, 'synthetic:30/10'], part: 'test' });
    const { width, height } = await sharp(out).metadata();
    expect({ width, height }).toEqual({ width: saved!.width, height: saved!.height });
  });

  it('takes the official set from the cache, downloaded where it is missing', async () => {
    const mirror = await server();
    const out = join(home, 'sheet.png');
    const env = { KMNIST_MIRROR: mirror.url };
    const { code, stdout } = await run(['show', '--out', out], env);
    expect(code).toBe(0);
    expect(stdout.text()).toContain('KMNIST is used, from a download');
    const refused = await run(['show', '--out', out], env);
    expect(refused.code).toBe(2);
    expect(refused.stderr.text()).toContain('--overwrite');
    expect((await run(['show', '--out', out, '--overwrite'], env)).code).toBe(0);
  });

  it('ends with 66 where the set is not there', async () => {
    const { code } = await run(['show', '--data', join(home, 'nowhere'), '--out', join(home, 'x.png')]);
    expect(code).toBe(66);
    expect(existsSync(join(home, 'x.png'))).toBe(false);
  });
});
