import {
  mkdirSync,
  copyFileSync,
  cpSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { env, InferenceSession, Tensor } from 'onnxruntime-web';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { command } from './export.js';
import { imageBytes } from '../../data/dataset.js';
import { readNetwork } from '../../tools/networks/run-network.js';
import { parseSafetensors } from '../../formats/safetensors.js';
import { bytesOf } from '../../formats/tensor.js';
import type { Gpu } from '../../gpu/index.js';
import { openRun } from '../../runs/index.js';
import { inferLogits } from '../../library/infer.js';
import { softmax } from '../../library/logits.js';
import { gatherBound } from '../../../kernels.test/bounds.js';
import { expectWithin } from '../../../kernels.test/compare.js';
import { forward } from '../../formats/testing/networks.js';
import { findPython, runPython } from '../../formats/testing/python.js';
import { engineOn, runCommand, runDataset, trainedRun, type CommandRun } from '../testing/trained-run.js';

env.wasm.numThreads = 1;

let home: string;
let gpu: Gpu;
let directory: string;
beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), 'wgsl-train-export-'));
  ({ gpu, directory } = await trainedRun(home));
});
afterAll(() => {
  rmSync(home, { recursive: true, force: true });
  gpu.check();
  gpu.close();
});

const dataset = runDataset();
const run = (...argv: string[]): Promise<CommandRun> => runCommand(command, argv, engineOn(gpu, dataset));
const network = (which: 'best' | 'last' = 'best') =>
  readNetwork(directory, { variant: undefined, seed: undefined, which });

/**
 * 100 images: what the GPU gives, x as other runtimes take it, and how far each may lie from the logits of
 * f64.
 */
async function hundred() {
  const { layers } = network();
  const pixels = imageBytes(dataset.test);
  const exact = Float64Array.from(pixels, (pixel) => pixel / 255);
  // x rounded to f32 lies within the bound of the GPU's division, too.
  const { bound } = forward(layers, exact, 100, gatherBound(exact));
  return { logits: await inferLogits(gpu, layers, pixels), x: Float32Array.from(exact), bound };
}

/** Each runtime lies within the bound of the same f64 logits. */
const twice = (bound: Float64Array): Float64Array => bound.map((value) => 2 * value);

async function runModel(path: string, x: Float32Array): Promise<InferenceSession.OnnxValueMapType> {
  const session = await InferenceSession.create(readFileSync(path), { executionProviders: ['wasm'] });
  try {
    return await session.run({ input: new Tensor('float32', x, [100, 784]) });
  } finally {
    await session.release();
  }
}

describe('an exported ONNX model', () => {
  test('gives the logits of the GPU on 100 images, in onnxruntime', async () => {
    const path = join(home, 'logits.onnx');
    expect(await run(directory, '--format', 'onnx', '--out', path)).toMatchObject({ code: 0, loaded: 0 });
    const { logits, x, bound } = await hundred();
    const found = (await runModel(path, x)).logits!.data as Float32Array;
    const share = expectWithin(found, logits, twice(bound), 'logits', [100, 10]);
    console.log(`onnxruntime and the GPU: ${share.toFixed(3)} of a bound of ${Math.max(...twice(bound))}`);
  });

  test('gives probabilities if they are asked for', async () => {
    const path = join(home, 'probabilities.onnx');
    await run(directory, '--format', 'onnx', '--output', 'probabilities', '--out', path);
    const { logits, x, bound } = await hundred();
    const found = (await runModel(path, x)).probabilities!.data as Float32Array;
    const expected = softmax(logits, 10);
    // Logits off by at most r move p by a factor of at most exp(2r); the runtime's softmax has some 30
    // roundings of at most |z|.
    const limits = expected.map((p, i) => p * Math.expm1(2 * 2 * bound[i]!) + 100 * 2 ** -24);
    expectWithin(found, expected, limits, 'probabilities', [100, 10]);
  });
});

describe('exported safetensors', () => {
  test('hold the weights under the names of PyTorch, and say what they are', async () => {
    const { code, stdout } = await run(directory);
    expect(code).toBe(0);
    const path = join(network().checkpoint.path, '..', 'best.torch.safetensors');
    expect(stdout.text()).toContain(path);
    expect(stdout.text()).toContain('model.load_state_dict(safetensors.torch.load_file(');
    const { tensors, metadata } = parseSafetensors(readFileSync(path), path);
    // A dropout after the first ReLU counts as a module.
    expect(Array.from(tensors, ([name, { shape }]) => [name, shape])).toEqual([
      ['0.bias', [256]],
      ['0.weight', [256, 784]],
      ['3.bias', [128]],
      ['3.weight', [128, 256]],
      ['5.bias', [10]],
      ['5.weight', [10, 128]],
    ]);
    expect(metadata.get('format')).toBe('pt');
    expect(JSON.parse(metadata.get('classes')!)).toEqual(dataset.classNames);
    expect(metadata.get('module')).toMatch(
      /^nn\.Sequential\(nn\.Linear\(784, 256\), nn\.ReLU\(\), nn\.Dropout/,
    );
  });

  const python = findPython('torch');
  test.skipIf(python === undefined)('give the logits of the GPU in PyTorch', async () => {
    const path = join(home, 'model.safetensors');
    await run(directory, '--out', path);
    const { logits, x, bound } = await hundred();
    const { dropout } = network().config;
    const files = { 'model.safetensors': readFileSync(path), 'x.f32': bytesOf(x) };
    const settings = JSON.stringify({ widths: [784, 256, 128, 10], dropout });
    const found = runPython(python!, 'load_state_dict.py', files, settings) as { single: readonly number[] };
    expectWithin(found.single, logits, twice(bound), 'logits', [100, 10]);
  });
});

const numpy = findPython('numpy');
test.skipIf(numpy === undefined)('an exported npz gives the logits of the GPU in NumPy', async () => {
  const path = join(home, 'model.npz');
  const { code } = await run(directory, '--format', 'npz', '--out', path);
  expect(code).toBe(0);
  const { logits, x, bound } = await hundred();
  const files = { 'model.npz': readFileSync(path), 'x.f32': bytesOf(x) };
  const found = runPython(numpy!, 'forward_npz.py', files) as readonly number[];
  expectWithin(found, logits, twice(bound), 'logits', [100, 10]);
});

describe('which network', () => {
  const exported = async (...argv: string[]) => {
    const { code, stdout } = await run(directory, '--json', '--out', join(home, 'x.safetensors'), ...argv);
    expect(code).toBe(0);
    return stdout.records()[0]!;
  };

  test('is the selected one, with the weights that it was measured with', async () => {
    const { summary } = openRun(directory);
    const { variant, seed } = summary.selected;
    const runs = summary.variants.find(({ name }) => name === variant)!.runs;
    const record = runs.find((each) => each.seed === seed)!;
    expect(await exported()).toMatchObject({
      event: 'exported',
      format: 'safetensors',
      variant,
      seed,
      which: 'best',
      epoch: record.best!.epoch,
      weightsSha256: record.weightsSha256,
      widths: [784, 256, 128, 10],
    });
  });

  test('is the one that is named, also of those beside the variants', async () => {
    expect(await exported('--variant', 'dropout=0.5', '--seed', '1')).toMatchObject({
      variant: 'dropout=0.5',
      seed: 1,
    });
    const { comparisons } = openRun(directory).summary;
    expect(await exported('--variant', comparisons[0]!.name)).toMatchObject({
      variant: comparisons[0]!.name,
    });
  });

  test('is that of the last epoch with --which last', async () => {
    const { record } = network();
    const last = await exported('--which', 'last');
    expect(last).toMatchObject({ which: 'last', epoch: record.epochs });
    // Patience 1: training went on for an epoch after the best.
    expect(record.best!.epoch).toBeLessThan(record.epochs);
    expect(last.weightsSha256).not.toBe(record.weightsSha256);
  });
});

test('without --out, the file lies beside the checkpoint, and the checkpoint stays', async () => {
  const path = network().checkpoint.path;
  const before = readFileSync(path);
  await run(directory);
  await run(directory, '--format', 'onnx', '--which', 'last');
  await run(directory, '--format', 'npz');
  expect(readdirSync(join(path, '..')).sort()).toEqual([
    'best.npz',
    'best.safetensors',
    'best.torch.safetensors',
    'last.onnx',
    'last.safetensors',
  ]);
  expect(readFileSync(path)).toEqual(before);
});

test('--quiet gives the name of the file only', async () => {
  const path = join(home, 'quiet.onnx');
  expect((await run(directory, '--quiet', '--format', 'onnx', '--out', path)).stdout.text()).toBe(
    `${path}\n`,
  );
});

describe('refused', () => {
  test.each<[string, readonly string[], string]>([
    ['no run', [], 'RUN is missing'],
    ['two runs', ['a', 'b'], 'unexpected argument "b"'],
    ['a format that is none', ['a', '--format', 'onxx'], 'did you mean --format onnx?'],
    ['logits of a file of weights', ['a', '--output', 'logits'], '--output does not apply to safetensors'],
    ['half a seed', ['a', '--seed', '0.5'], '--seed cannot be "0.5"'],
    ['other weights', ['a', '--which', 'first'], '--which cannot be "first"'],
    ['an option that is none', ['a', '--varaint', 'x'], 'did you mean --variant?'],
    ['a directory as file', ['a', '--out', '.'], '--out . cannot be written to'],
  ])('%s: exit code 2', async (_, argv, message) => {
    const { code, stderr } = await run(...argv);
    expect(code).toBe(2);
    expect(stderr.text()).toContain(message);
  });

  test('a variant or seed that the run does not have: exit code 2, with those that it has', async () => {
    const variant = await run(directory, '--variant', 'dropout=0.4');
    expect([variant.code, variant.stderr.text()]).toEqual([
      2,
      expect.stringMatching(
        /no variant dropout=0\.4\n.*dropout=0\.5, dropout=0\.3[^]*did you mean --variant/,
      ),
    ]);
    const seed = await run(directory, '--seed', '7');
    expect([seed.code, seed.stderr.text()]).toEqual([
      2,
      expect.stringMatching(/no seed 7 of .*\n.*one of 0, 1/),
    ]);
  });

  test('a directory without a run: exit code 66', async () => {
    expect((await run(home)).code).toBe(66);
  });

  test('a checkpoint that is gone: 66; damaged, or of another network: 65; nothing is written', async () => {
    const copy = join(home, 'damaged');
    cpSync(directory, copy, { recursive: true });
    const of = (variant: string, seed: number): string =>
      join(copy, 'checkpoints', `${variant}-seed${seed}`, 'best.safetensors');
    const out = join(home, 'never.npz');
    const failed = async (...argv: string[]): Promise<[number, string]> => {
      const { code, stderr } = await run(copy, '--format', 'npz', '--out', out, ...argv);
      return [code, stderr.text()];
    };
    copyFileSync(of('dropout=0.5', 0), of('dropout=0.5', 1));
    expect(await failed('--variant', 'dropout=0.5', '--seed', '1')).toEqual([
      65,
      expect.stringContaining('does not hold the weights of the summary'),
    ]);
    const bytes = readFileSync(of('dropout=0.3', 0));
    writeFileSync(of('dropout=0.3', 0), bytes.subarray(0, -1));
    expect((await failed('--variant', 'dropout=0.3', '--seed', '0'))[0]).toBe(65);
    rmSync(of('dropout=0.3', 1));
    expect((await failed('--variant', 'dropout=0.3', '--seed', '1'))[0]).toBe(66);
    expect(readdirSync(home)).not.toContain('never.npz');
  });
});

test('--help tells of it without a run', async () => {
  const { code, stdout } = await run('--help');
  expect(code).toBe(0);
  expect(stdout.text()).toContain('usage: node scripts/export.js RUN [options]');
});

test('where the run cannot be written to, --out FILE is what helps', async () => {
  const { stdout } = await run(directory, '--format', 'npz', '--quiet');
  const path = stdout.text().trim();
  rmSync(path);
  mkdirSync(join(path, 'in the way'), { recursive: true });
  const refused = await run(directory, '--format', 'npz');
  rmSync(path, { recursive: true });
  expect(refused.code).toBe(74);
  expect(refused.stderr.text()).toContain('or name a file elsewhere with --out FILE');
  expect((await run(directory, '--format', 'npz', '--out', join(home, 'elsewhere.npz'))).code).toBe(0);
});
