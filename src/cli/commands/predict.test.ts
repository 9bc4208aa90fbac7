import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readNetwork } from '../../tools/networks/run-network.js';
import { command } from './predict.js';
import { asTrainingImage } from '../../formats/picture.js';
import { decodePng } from '../../formats/png.js';
import type { Gpu } from '../../gpu/index.js';
import { inferLogits } from '../../library/infer.js';
import { argmax, softmax } from '../../library/logits.js';
import { png } from '../../formats/testing/png-writer.js';
import { engineOn, runCommand, runDataset, trainedRun, type CommandRun } from '../testing/trained-run.js';

let home: string;
let gpu: Gpu;
let directory: string;
beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), 'wgsl-train-predict-'));
  ({ gpu, directory } = await trainedRun(home));
});
afterAll(() => {
  rmSync(home, { recursive: true, force: true });
  gpu.check();
  expect(gpu.count().buffers).toBe(0);
  gpu.close();
});

const dataset = runDataset();
const run = (...argv: string[]): Promise<CommandRun> => runCommand(command, argv, engineOn(gpu, dataset));

function file(name: string, content: Uint8Array): string {
  const path = join(home, name);
  writeFileSync(path, content);
  return path;
}

/** White lines on black of the images' size: an image as it is. */
const image = Uint8Array.from({ length: 784 }, (_, i) => (i % 28 > 5 && i % 28 < 9 ? 255 : 0));
const asImage = (): string => file('image.png', png({ width: 28, height: 28, depth: 8, colour: 0 }, image));

/** A dark bar, drawn large on light paper in colours. */
const drawing = (): string => {
  const samples = Array.from({ length: 90 * 120 }, (_, i) => {
    const [x, y] = [i % 90, Math.floor(i / 90)];
    const isInk = Math.abs(x - y / 2 - 10) < 8 && y > 15 && y < 100;
    return isInk ? [20, 30, 90] : [240, 235, 220];
  });
  return file('drawing.png', png({ width: 90, height: 120, depth: 8, colour: 2 }, samples.flat()));
};

interface Prediction {
  readonly event: string;
  readonly file: string;
  readonly class: string;
  readonly index: number;
  readonly probability: number;
  readonly probabilities: Readonly<Record<string, number>>;
}

test('gives the class and the probabilities that the network gives for the converted picture', async () => {
  const files = [asImage(), drawing()];
  const { code, stdout } = await run(directory, ...files, '--json');
  expect(code).toBe(0);
  const [first, ...others] = stdout.records();
  expect(first).toMatchObject({ event: 'network', which: 'best', widths: [784, 256, 128, 10] });
  const predictions = others as unknown as Prediction[];
  expect(predictions.map((each) => [each.event, each.file])).toEqual(
    files.map((each) => ['prediction', each]),
  );

  const { layers } = readNetwork(directory, { variant: undefined, seed: undefined, which: 'best' });
  const size = { rows: 28, columns: 28 };
  const drawn = asTrainingImage(decodePng(readFileSync(files[1]!), 'drawing'), size, 'drawing');
  const expected = softmax(await inferLogits(gpu, layers, Buffer.concat([image, drawn])), 10);
  predictions.forEach((prediction, i) => {
    const row = [...expected.subarray(10 * i, 10 * i + 10)];
    expect(Object.keys(prediction.probabilities)).toEqual(dataset.classNames);
    expect(Object.values(prediction.probabilities)).toEqual(row);
    const best = argmax(row);
    expect(prediction).toMatchObject({
      class: dataset.classNames[best],
      index: best,
      probability: row[best],
    });
  });
});

test('shows a row per picture with the three likeliest classes', async () => {
  const path = asImage();
  const { stdout } = await run(directory, path);
  const row = stdout.lines().find((line) => line.startsWith(path))!;
  const shares = [...row.matchAll(/(\S+) (\d+\.\d) %/g)];
  expect(shares).toHaveLength(3);
  expect(shares.every(([, name]) => dataset.classNames.includes(name!))).toBe(true);
  const values = shares.map(([, , share]) => Number(share));
  expect(values).toEqual(values.toSorted((a, b) => b - a));
  expect(stdout.text()).toContain('network: ');
  expect((await run(directory, path, '--quiet')).stdout.lines()).toHaveLength(2);
});

test('takes the network that is named', async () => {
  const { stdout } = await run(directory, asImage(), '--json', '--variant', 'dropout=0.5', '--seed', '1');
  expect(stdout.records()[0]).toMatchObject({ variant: 'dropout=0.5', seed: 1 });
});

describe('refused before an adapter is opened', () => {
  test.each<[string, readonly string[], string]>([
    ['no run', [], 'RUN is missing'],
    ['no picture', ['a'], 'IMAGE.png is missing'],
    ['other weights', ['a', 'b.png', '--which', 'worst'], '--which cannot be "worst"'],
    ['an option that is none', ['a', 'b.png', '--sed', '1'], 'did you mean --seed?'],
  ])('%s: exit code 2', async (_, argv, message) => {
    const { code, stderr, loaded } = await run(...argv);
    expect({ code, loaded }).toEqual({ code: 2, loaded: 0 });
    expect(stderr.text()).toContain(message);
  });

  test('a picture that is not there: exit code 66', async () => {
    const { code, stderr, loaded } = await run(directory, asImage(), join(home, 'none.png'));
    expect({ code, loaded }).toEqual({ code: 66, loaded: 0 });
    expect(stderr.text()).toContain('none.png');
  });

  test('what is no picture, shows nothing, or is far too large: exit code 65', async () => {
    const empty = png({ width: 30, height: 30, depth: 8, colour: 0 }, new Uint8Array(900).fill(200));
    const large = file('large.png', new Uint8Array());
    truncateSync(large, 2 ** 26 + 1);
    for (const path of [file('text.png', Buffer.from('text')), file('empty.png', empty), large]) {
      const { code, stderr, loaded } = await run(directory, path);
      expect({ code, loaded }).toEqual({ code: 65, loaded: 0 });
      expect(stderr.text()).toContain(path);
    }
  });
});

test('Ctrl-C: exit code 130, and the adapter is closed', async () => {
  const engine = engineOn(gpu, dataset);
  const { code } = await runCommand(command, [directory, asImage()], engine, AbortSignal.abort());
  expect({ code, ...engine.counts }).toEqual({ code: 130, opened: 1, closed: 1 });
});

test('--help needs no run', async () => {
  const { code, stdout } = await run('--help');
  expect(code).toBe(0);
  expect(stdout.text()).toContain('usage: node scripts/predict.js RUN IMAGE.png... [options]');
});
