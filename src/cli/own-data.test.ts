/** Runs on data sets of one's own: f32 features, and pictures with the names of their classes. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readDirectory } from '../data/directory.js';
import type { Dataset } from '../data/dataset.js';
import { encodeNpz } from '../formats/npz.js';
import { encodePng } from '../formats/png.js';
import type { Tensor } from '../formats/tensor.js';
import { openGpu, type Gpu } from '../gpu/index.js';
import type { Command } from './command.js';
import { command as evaluate } from './commands/evaluate.js';
import { command as exporting } from './commands/export.js';
import { command as predict } from './commands/predict.js';
import { command as train } from './commands/train.js';
import { engineOn, runCommand, type CommandRun } from './testing/trained-run.js';

let home: string;
let gpu: Gpu;
beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), 'wgsl-train-own-data-'));
  gpu = await openGpu();
});
afterAll(() => {
  rmSync(home, { recursive: true, force: true });
  gpu.check();
  expect(gpu.count().buffers).toBe(0);
  gpu.close();
});

/** 100 rows of 6 standardised features; the sign of the first two tells the class. */
async function features(): Promise<string> {
  const path = join(home, 'features.npz');
  const x = Float32Array.from({ length: 600 }, (_, i) => 2.5 * Math.sin(i * i));
  const y = Uint8Array.from({ length: 100 }, (_, i) => (x[6 * i]! > 0 ? 1 : 0) + (x[6 * i + 1]! > 0 ? 2 : 0));
  const arrays: readonly [string, Tensor][] = [
    ['x_train', { shape: [80, 6], data: x.slice(0, 480) }],
    ['y_train', { shape: [80], data: y.slice(0, 80) }],
    ['x_test', { shape: [20, 6], data: x.slice(480) }],
    ['y_test', { shape: [20], data: y.slice(80) }],
  ];
  writeFileSync(path, await encodeNpz(new Map(arrays)));
  return path;
}

/** Pictures of two classes, in a folder for each. */
function pictures(): string {
  const directory = join(home, 'pictures');
  for (let i = 0; i < 40; i++) {
    const folder = join(directory, i % 2 === 0 ? 'left hand' : 'right <hand>');
    mkdirSync(folder, { recursive: true });
    const pixels = new Uint8Array(64);
    for (let y = 1; y < 7; y++) pixels[8 * y + (i % 2 === 0 ? 1 : 6)] = 150 + 2 * i;
    writeFileSync(join(folder, `${i}.png`), encodePng({ width: 8, height: 8, channels: 1, pixels }));
  }
  return directory;
}

async function trained(path: string, name: string): Promise<{ run: string; dataset: Dataset }> {
  const dataset = await readDirectory(path);
  const run = join(home, name);
  const argv = ['--exp', '1', '--epochs', '3', '--hidden', '16', '--data', path, '--out', run];
  const { code, stderr } = await runCommand(train, argv, engineOn(gpu, dataset));
  expect(stderr.text()).not.toContain('found:');
  expect(code).toBe(0);
  return { run, dataset };
}

describe('f32 features', () => {
  test('train, are evaluated and exported; a picture is refused', async () => {
    const { run, dataset } = await trained(await features(), 'of-features');
    const on = (command: Command, ...argv: string[]): Promise<CommandRun> =>
      runCommand(command, argv, engineOn(gpu, dataset));
    const summary = readFileSync(join(run, 'summary.json'), 'utf8');
    expect(JSON.parse(summary)).toMatchObject({
      dataset: {
        input: null,
        sha256: dataset.sha256,
        notice: expect.stringMatching(
          /^images: float32 of 6 numbers in -2\.\d+\.\.2\.\d+, read as 1 x 6/,
        ) as string,
      },
    });
    expect(readFileSync(join(run, 'report.html'), 'utf8')).toContain('read as 1 x 6 f32 features');

    const evaluated = await on(evaluate, run);
    expect(evaluated.code).toBe(0);
    expect(evaluated.stdout.text()).toContain('The figures of the run hold');

    const picture = join(home, 'picture.png');
    const pixels = new Uint8Array(6);
    writeFileSync(picture, encodePng({ width: 6, height: 1, channels: 1, pixels }));
    const refused = await on(predict, run, picture);
    expect(refused.code).toBe(2);
    expect(refused.stderr.text()).toMatch(/no network of pictures[^]*trained on f32 features/);

    for (const format of ['safetensors', 'onnx', 'npz']) {
      const file = join(home, `features.${format}`);
      const { code, stdout } = await on(exporting, run, '--format', format, '--out', file);
      expect(code).toBe(0);
      expect(stdout.text()).toContain('float32 [N, 6], features as in the data set');
      expect(readFileSync(file, 'latin1')).not.toContain('/ 255');
    }
  });

  test('are not measured by a network of images', async () => {
    const bytes = (part: Dataset['test']): Dataset['test'] => ({
      ...part,
      pixels: new Uint8Array(part.count * 6),
    });
    const dataset = await readDirectory(await features());
    const images = { ...dataset, train: bytes(dataset.train), test: bytes(dataset.test) };
    const run = join(home, 'of-features');
    const { code, stderr } = await runCommand(evaluate, [run, '--data', 'other'], engineOn(gpu, images));
    expect(code).toBe(2);
    expect(stderr.text()).toMatch(/found: +images of bytes\n +expected: f32 features/);
  });
});

test('a training that diverges ends with 4; with the smaller rate that it asks for, it trains', async () => {
  const path = await features();
  const dataset = await readDirectory(path);
  const at = (lr: number): Promise<CommandRun> => {
    const argv = `--exp 1 --epochs 3 --hidden 16 --lr ${lr} --data ${path} --out ${join(home, `lr-${lr}`)}`;
    return runCommand(train, argv.split(' '), engineOn(gpu, dataset));
  };
  const { code, stderr } = await at(1e30);
  expect(code).toBe(4);
  const [, limit] = /remedy: +use a smaller learning rate than (\S+)/.exec(stderr.text())!;
  expect(Number(limit)).toBe(1e30);
  expect((await at(1e-3)).code).toBe(0);
});

test('the names of folders go through report, predictions and exports', async () => {
  const { run, dataset } = await trained(pictures(), 'of-pictures');
  const names = ['left hand', 'right <hand>'];
  const page = readFileSync(join(run, 'report.html'), 'utf8');
  expect(page).toContain('left hand');
  expect(page).toContain('right &lt;hand&gt;');
  expect(page).not.toContain('right <hand>');
  const picture = join(home, 'pictures', 'left hand', '0.png');
  const { code, stdout } = await runCommand(predict, [run, picture, '--json'], engineOn(gpu, dataset));
  expect(code).toBe(0);
  const found = stdout.records().find(({ event }) => event === 'prediction');
  expect(Object.keys(found?.probabilities as object)).toEqual(names);
  for (const format of ['safetensors', 'onnx']) {
    const file = join(home, `pictures.${format}`);
    await runCommand(exporting, [run, '--format', format, '--out', file], engineOn(gpu, dataset));
    const text = readFileSync(file, 'latin1').replaceAll('\\"', '"');
    expect(text).toContain(JSON.stringify(names));
  }
});
