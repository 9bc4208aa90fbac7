import { mkdirSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openRun } from '../../runs/index.js';
import { readNetwork } from '../../tools/networks/run-network.js';
import { command } from './predict.js';
import type { Gpu } from '../../gpu/index.js';
import { inferLogits } from '../../library/infer.js';
import { argmax, softmax } from '../../library/logits.js';
import { convertPicture, readPicture } from '../../pictures/index.js';
import { png } from '../../pictures/testing/png-writer.js';
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
  const { input } = openRun(directory).summary.dataset;
  const drawn = convertPicture(await readPicture(files[1]!), input!, 'drawing').pixels;
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

describe('many pictures', () => {
  const folder = (): string => {
    const path = join(home, 'folder');
    mkdirSync(path, { recursive: true });
    for (const name of ['b.png', 'a.PNG', '.hidden.png', 'c1.png'])
      writeFileSync(join(path, name), png({ width: 28, height: 28, depth: 8, colour: 0 }, image));
    writeFileSync(join(path, 'notes.txt'), 'no picture');
    return path;
  };
  const names = async (...argv: string[]): Promise<readonly unknown[]> => {
    const { stdout } = await run(directory, ...argv, '--json');
    return stdout.records().flatMap(({ event, file }) => (event === 'prediction' ? [file] : []));
  };

  test('can be a folder or a pattern', async () => {
    const path = folder();
    const all = ['a.PNG', 'b.png', 'c1.png'].map((name) => join(path, name));
    expect(await names(path)).toEqual(all);
    expect(await names(join(path, '?.*'))).toEqual(all.slice(0, 2));
    expect(await names(join(path, 'c*'), all[0]!)).toEqual([all[2], all[0]]);
    const { code, stderr } = await run(directory, join(path, 'x*'));
    expect(code).toBe(66);
    expect(stderr.text()).toContain('there are no pictures in');
  });

  test('are answered but for those that cannot be read, which are told: exit code 65', async () => {
    const page = file('page.png', Buffer.from('<!doctype html><html></html>'));
    const { code, stdout, stderr } = await run(directory, asImage(), page, drawing(), '--json');
    expect(code).toBe(65);
    const events = stdout.records().map(({ event }) => event);
    expect(events).toEqual(['network', 'prediction', 'prediction', 'error']);
    expect(stderr.text()).toMatch(/page\.png: this is no picture that can be read\n.*an HTML page/);
  });

  test('are written as CSV and drawn beside what the network was given, and nothing is replaced', async () => {
    const [csv, show] = [join(home, 'p.csv'), join(home, 'p.png')];
    const files = [asImage(), drawing()];
    expect((await run(directory, ...files, '--csv', csv, '--show', show)).code).toBe(0);
    const lines = readFileSync(csv, 'utf8').trimEnd().split('\r\n');
    expect(lines[0]).toBe(['file,class,probability,doubts', ...dataset.classNames].join(','));
    expect(lines.slice(1).map((line) => line.split(',')[0])).toEqual(files);
    const { width, height } = await readPicture(show);
    expect([width, height]).toEqual([512, 132]);
    const { code, stderr } = await run(directory, ...files, '--csv', csv);
    expect(code).toBe(2);
    expect(stderr.text()).toContain('is there already');
  });

  test('unlike the training images are doubtful, and refused with --strict', async () => {
    const { stdout } = await run(directory, asImage());
    expect(stdout.text()).toMatch(/image\.png .* doubtful\n/);
    expect(stdout.text()).toMatch(/doubtful: .*image\.png \(as it is\): ink covers 100 % of the frame/);
    const { code, stderr, loaded } = await run(directory, asImage(), '--strict');
    expect({ code, loaded }).toEqual({ code: 65, loaded: 0 });
    expect(stderr.text()).toContain('unlike the training images');
  });
});

test('a run that does not say what its images look like is asked as one of KMNIST, which is told', async () => {
  const summary = join(directory, 'summary.json');
  const before = readFileSync(summary, 'utf8');
  const content = JSON.parse(before) as { dataset: { input?: unknown } };
  expect(content.dataset.input).toMatchObject({ rows: 28, columns: 28 });
  delete content.dataset.input;
  writeFileSync(summary, JSON.stringify(content));
  const { code, stdout } = await run(directory, drawing());
  writeFileSync(summary, before);
  expect(code).toBe(0);
  expect(stdout.text()).toContain('28 x 28 is assumed');
});

describe('refused before an adapter is opened', () => {
  test.each<[string, readonly string[], string]>([
    ['no run', [], 'RUN is missing'],
    ['no picture', ['a'], 'PICTURE is missing'],
    ['other weights', ['a', 'b.png', '--which', 'worst'], '--which cannot be "worst"'],
    ['an option that is none', ['a', 'b.png', '--sed', '1'], 'did you mean --seed?'],
  ])('%s: exit code 2', async (_, argv, message) => {
    const { code, stderr, loaded } = await run(...argv);
    expect({ code, loaded }).toEqual({ code: 2, loaded: 0 });
    expect(stderr.text()).toContain(message);
  });

  test('a picture that is not there: exit code 66', async () => {
    const { code, stderr, loaded } = await run(directory, join(home, 'none.png'));
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
  expect(code).toBe(130);
  expect(engine.counts.closed).toBe(engine.counts.opened);
});

test('--help needs no run', async () => {
  const { code, stdout } = await run('--help');
  expect(code).toBe(0);
  expect(stdout.text()).toContain('usage: node scripts/predict.js RUN PICTURE... [options]');
});
