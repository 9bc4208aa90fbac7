/** What errors about arrays tell people to save is saved, by numpy, and then it is read. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { engineError } from '../formats/testing/bytes.js';
import { findPython } from '../formats/testing/python.js';
import { readDirectory } from './directory.js';

const python = findPython('numpy');
let home: string;
beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), 'wgsl-train-data-remedies-'));
});
afterAll(() => {
  rmSync(home, { recursive: true, force: true });
});

/** Saves `x` and `y` as both parts of a set. */
function save(name: string, ...lines: readonly string[]): string {
  const path = join(home, `${name.replaceAll(' ', '-')}.npz`);
  const start = ['import numpy', 'r = numpy.random.default_rng(1)', `path = ${JSON.stringify(path)}`];
  const end = 'numpy.savez(path, x_train=x, y_train=y, x_test=x, y_test=y)';
  const { status, stderr } = spawnSync(python!, ['-c', [...start, ...lines, end].join('\n')]);
  expect(stderr.toString()).toBe('');
  expect(status).toBe(0);
  return path;
}

const images = 'x = r.integers(0, 256, (20, 8, 8)).astype(numpy.uint8)';
const labels = 'y = numpy.arange(20) % 4';

test.runIf(python !== undefined).each<readonly [name: string, x: string, y: string, pixels: string]>([
  ['colours of bytes', 'x = r.integers(0, 256, (20, 8, 8, 3)).astype(numpy.uint8)', labels, 'Uint8Array'],
  ['colours of shares', 'x = r.random((20, 3, 8, 8))', labels, 'Uint8Array'],
  ['twelve bits', 'x = r.integers(0, 4096, (20, 8, 8)).astype(numpy.uint16)', labels, 'Uint8Array'],
  ['not a number', 'x = r.normal(size=(20, 8)); x[3, 2] = numpy.nan', labels, 'Float32Array'],
  ['half precision', 'x = r.normal(size=(20, 8)).astype(numpy.float16)', labels, 'Float32Array'],
  ['objects', 'x = r.normal(size=(20, 8)).astype(object)', labels, 'Float32Array'],
  ['images last', `${images}; x = numpy.moveaxis(x, 0, -1)`, labels, 'Uint8Array'],
  ['a column per class', images, 'y = numpy.eye(4)[numpy.arange(20) % 4]', 'Uint8Array'],
  ['names of classes', images, "y = numpy.array(['a', 'b', 'c', 'd'] * 5)", 'Uint8Array'],
  ['labels from -1', images, 'y = numpy.arange(20) % 4 - 1', 'Uint8Array'],
])('%s', async (name, x, y, pixels) => {
  const error = await engineError(
    () => readDirectory(save(name, x, y)),
    'bad-file',
    name.replaceAll(' ', '-'),
  );
  const remedy = error.remedy!;
  const before = /with (low, high = .*?), save/.exec(remedy)?.[1] ?? 'pass';
  const expression = /save ([^;]*[)\]])/.exec(remedy)![1]!;
  const isOfImages = /\bimages\b/.test(expression) || error.message.includes('x_train');
  const target = isOfImages ? 'x' : 'y';
  const path = save(
    `${name} mended`,
    x,
    y,
    `array = images = labels = ${target}`,
    before,
    `${target} = ${expression}`,
  );
  const set = await readDirectory(path);
  expect(set).toMatchObject({ classes: 4, train: { count: 20 } });
  expect(set.train.pixels instanceof Float32Array ? 'Float32Array' : 'Uint8Array').toBe(pixels);
});
