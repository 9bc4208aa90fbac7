/**
 * A network whose weights need larger buffers than WebGPU's defaults; in a file, and so in a process of its
 * own, because the Vulkan loader reads once which driver to load. SwiftShader has such buffers, lavapipe has
 * not.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bufferLimits, openGpu, pick, type Gpu } from '../gpu/index.js';
import { inferLogits } from '../library/infer.js';
import { swiftshader, swiftshaderMissing } from '../testing/swiftshader.js';
import { tinyDataset } from '../train/testing/tiny-dataset.js';
import { trial } from '../train/testing/trials.js';
import { sessionOn } from './engine.js';

describe.skipIf(swiftshaderMissing !== null)('weights above 128 MiB', () => {
  let gpu: Gpu;
  beforeAll(async () => {
    process.env.VK_DRIVER_FILES = swiftshader;
    gpu = await openGpu();
  });
  afterAll(() => {
    gpu.close();
  });

  test('are computed with on a device that has larger buffers', async () => {
    const [inputs, outputs] = [36, 1_000_000];
    const weights = new Float32Array(inputs * outputs);
    weights[weights.length - 1] = 2;
    const bias = new Float32Array(outputs).fill(0.5);
    const image = new Float32Array(inputs).fill(3);
    const logits = await inferLogits(gpu, [{ inputs, outputs, weights, bias }], image);
    expect(logits.at(-1)).toBe(6.5);
    expect(logits.indexOf(6.5)).toBe(outputs - 1);
    expect(logits.lastIndexOf(0.5)).toBe(outputs - 2);
    const larger = await gpu.forBuffers(weights.byteLength);
    expect(larger.count()).toEqual({ buffers: 0, bytes: 0 });
  });

  test('are trained with limits that the record names, others without', () => {
    const session = sessionOn(gpu);
    const plan = (...hidden: number[]): void => void session.plan(tinyDataset(), [trial({ hidden })], {});
    plan(5000);
    expect(session.raisedLimits()).toEqual({});
    plan(6144, 6144);
    expect(session.raisedLimits()).toEqual(pick(gpu.adapter.limits, bufferLimits));
    expect(session.environment.limits).toMatchObject(pick(gpu.device.limits, bufferLimits));
  });
});
