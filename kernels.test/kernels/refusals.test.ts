import { afterEach, describe, expect, it } from 'vitest';
import type { AdapterTraits } from '../../src/gpu/index.js';
import { maxTrials } from '../../src/kernels/index.js';
import { uniform } from '../arrays.js';
import { type KernelRun, runKernel, type TestTensor } from '../gpu-harness.js';
import { confusionCase } from './cases/confusion.js';
import { gatherCase, randomSamples } from './cases/gather.js';
import { reluForwardCase } from './cases/relu.js';
import { matrix, useGpu, vector } from './support.js';

const gpu = useGpu();
const zeros = (length: number): Float32Array[] => [new Float32Array(length)];

/** y = x w + b with x [5, 6] and w [6, 7]. */
const dense: KernelRun = {
  kernel: 'dense_forward',
  tensors: {
    x: matrix('reads', 5, 6, zeros(30)),
    w: matrix('reads', 6, 7, zeros(42)),
    b: vector('reads', 7, zeros(7)),
    y: matrix('writes', 5, 7),
  },
};
const withTensors = (run: KernelRun, tensors: Record<string, TestTensor>): KernelRun => ({
  ...run,
  tensors: { ...run.tensors, ...tensors },
});

async function expectRefused(run: KernelRun, kind: 'bug' | 'usage', message: RegExp): Promise<void> {
  await expect(runKernel(gpu(), run)).rejects.toMatchObject({
    name: 'EngineError',
    kind,
    message: expect.stringMatching(message) as string,
  });
}

afterEach(async () => {
  // Whatever was refused left no buffer and no error behind, and the device goes on.
  expect(gpu().count()).toEqual({ buffers: 0, bytes: 0 });
  await runKernel(gpu(), dense);
});

describe('operands that do not fit', () => {
  it.each([
    ['w', matrix('reads', 7, 7, zeros(49))],
    ['w', matrix('reads', 6, 8, zeros(48))],
    ['b', vector('reads', 8, zeros(8))],
    ['y', matrix('writes', 4, 7)],
  ] as const)('are refused by name: %s', async (name, tensor) => {
    await expectRefused(
      withTensors(dense, { [name]: tensor }),
      'bug',
      new RegExp(`operand (${name}|w) has the wrong shape`),
    );
  });

  it('are refused where images, labels and the batch differ', async () => {
    const { run } = gatherCase(randomSamples(9, 15, 5, 1), 5);
    const narrow = { ...run.tensors.images!, columns: 11 };
    await expectRefused(withTensors(run, { images: narrow }), 'bug', /gather: operand images/);
    const few = { ...run.tensors.labels!, columns: 8, data: [new Uint32Array(8)] };
    await expectRefused(withTensors(run, { labels: few }), 'bug', /gather: operand labels/);
  });

  it('are refused where the confusion matrix is too small for its classes', async () => {
    const cells = [new Uint32Array(9)];
    const rows = [new Uint32Array(4)];
    const operands = { classes: 3, labels: rows[0]!, indices: rows, predicted: rows, counts: cells };
    const { run } = confusionCase(operands, 4);
    await expectRefused({ ...run, attributes: { classes: 4 } }, 'bug', /confusion: operand matrix/);
  });

  it('are refused where one is missing, or the kernel knows no such one', async () => {
    const { b, ...others } = dense.tensors;
    await expectRefused({ ...dense, tensors: others }, 'bug', /without its operand b/);
    await expectRefused(withTensors(dense, { c: b! }), 'bug', /does not fit the bindings/);
  });

  it('are refused where an input stands for an output', async () => {
    const y: TestTensor = { ...dense.tensors.y!, role: 'reads', data: zeros(35) };
    await expectRefused(withTensors(dense, { y }), 'bug', /does not fit the bindings/);
  });
});

describe('sizes out of range', () => {
  const relu = (columns: number): KernelRun =>
    reluForwardCase({ rows: 1, columns, vector: true }, [uniform(Math.max(columns, 1), 1)]).run;
  const limited = (limits: Partial<AdapterTraits['limits']>): AdapterTraits => ({
    ...gpu().traits,
    limits: { ...gpu().traits.limits, ...limits },
  });

  it.each([0, -1, 1.5, Number.NaN])('a side of %d is refused', async (columns) => {
    await expectRefused(relu(columns), 'usage', /not a positive whole number/);
  });

  it.each([0, -1, 1.5, maxTrials + 1])('%d trials are refused', async (trials) => {
    await expectRefused({ ...dense, trials }, 'usage', /number of trials .* out of range/);
  });

  it('more workgroups than a dimension may have are refused', async () => {
    const most = gpu().traits.limits.maxComputeWorkgroupsPerDimension;
    const { run } = gatherCase(randomSamples(1, 1, 1, 1), 1);
    const tensors = { x: matrix('writes', most + 1, 1), y: vector('writes', most + 1) };
    await expectRefused(withTensors(run, tensors), 'usage', /larger grid than the device allows/);
    const traits = limited({ maxComputeWorkgroupsPerDimension: 1 });
    await runKernel(gpu(), { ...relu(1000), traits });
    await expectRefused({ ...relu(5000), traits }, 'usage', /larger grid than the device allows/);
  });

  it('more bytes than a buffer or a binding may have are refused', async () => {
    const traits = limited({ maxStorageBufferBindingSize: 4000 });
    await runKernel(gpu(), { ...relu(1000), traits });
    await expectRefused({ ...relu(1001), traits }, 'usage', /larger than the device allows/);
    await expectRefused({ ...relu(1001), traits: limited({ maxBufferSize: 4000 }) }, 'usage', /larger than/);
  });

  it('a kernel that does not exist is refused', async () => {
    await expectRefused({ ...dense, kernel: 'softplus' }, 'bug', /no kernel softplus/);
  });
});
