/**
 * What errors of the GPU are told as, and what really becomes of them on a device. Faults of all kinds are in
 * src/gpu/testing.
 */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { EngineError } from '../base/errors.js';
import { deviceLost, lossError, messageOf, reportedError } from './failures.js';
import { openGpu, PassTimer, readBuffer, storageBuffer, write, type Gpu } from './index.js';

const held = { buffers: 3, bytes: 12_500_000 };

describe('a lost device', () => {
  const lost = (message: string): EngineError =>
    lossError({ reason: 'unknown', message } as GPUDeviceLostInfo, held);

  test('says what the driver said, in one line, and what to do', () => {
    const error = lost('vkQueueSubmit failed with VK_ERROR_DEVICE_LOST\n    at Submit (Queue.cpp:1)');
    expect(error).toMatchObject({ kind: 'device-lost', exitCode: 69, message: 'the GPU device was lost' });
    expect(error.found).toBe('vkQueueSubmit failed with VK_ERROR_DEVICE_LOST (unknown)');
    expect(error.remedy).toContain('--resume');
    expect(lost('').found).toBe('no reason given (unknown)');
  });

  test.each([
    'VK_ERROR_OUT_OF_DEVICE_MEMORY',
    'VK_ERROR_OUT_OF_HOST_MEMORY',
    'E_OUTOFMEMORY',
    'ran out of memory',
  ])('is full memory where the driver says so: %s', (message) => {
    const error = lost(`submit failed with ${message}`);
    expect(error).toMatchObject({ kind: 'out-of-memory', exitCode: 69 });
    expect(error.found).toContain('3 buffers with 12.5 MB were held');
    expect(error.remedy).toContain('--batch-size');
  });
});

test('full memory: the call is named, not the place in the source of Dawn', () => {
  class GPUOutOfMemoryError extends Error {}
  const text =
    'vkAllocateMemory failed with VK_ERROR_OUT_OF_DEVICE_MEMORY\n' +
    ' - While calling [Device "wgsl-train"].CreateBuffer([BufferDescriptor "b"]).\n    at Check (a.cpp:119)\n';
  const error = reportedError(new GPUOutOfMemoryError(`${text}\n\nout-of-memory:\n${text}`), held);
  expect(error).toMatchObject({ kind: 'out-of-memory', message: 'the memory of the GPU is full' });
  expect(error.found).toMatch(/^vkAllocate\w+ failed with \w+\n +While calling .*"b".*\n +3 buffers [^\n]*$/);
});

test('an exception without a message is told by its name, a thrown value as it is', () => {
  expect(messageOf(new DOMException('', 'AbortError'))).toBe('AbortError');
  expect(messageOf(new Error('first\nsecond'))).toBe('first');
  expect(messageOf('nothing')).toBe('nothing');
  expect(deviceLost('it failed', 'this').describe()).toMatch(/^it failed\n {2}found: {4}this\n/);
});

describe('on a device', () => {
  let gpu: Gpu;
  beforeEach(async () => {
    gpu = await openGpu();
  });
  afterEach(() => {
    gpu.close();
  });

  /** The error that `body` throws. */
  async function errorOf(body: () => unknown): Promise<EngineError> {
    try {
      await body();
    } catch (error) {
      expect(error).toBeInstanceOf(EngineError);
      return error as EngineError;
    }
    throw new Error('nothing was thrown');
  }

  test('a buffer above the limits is refused before WebGPU is asked', async () => {
    const error = await errorOf(() => storageBuffer(gpu, 'huge', gpu.traits.limits.maxBufferSize + 4));
    expect(error).toMatchObject({ kind: 'gpu', message: 'buffer "huge" is larger than this device allows' });
    expect(gpu.count()).toEqual({ buffers: 0, bytes: 0 });
    gpu.check();
  });

  test('full memory: the buffer that found no room is named', async (context) => {
    gpu.close();
    gpu = await openGpu({ largestBuffers: true });
    storageBuffer(gpu, 'kept', 1000);
    // Some devices allow larger buffers than they have memory: lavapipe 4 GiB, an H200 1 TiB.
    const bytes = Math.floor(gpu.traits.limits.maxBufferSize / 4) * 4;
    const error = await errorOf(() => {
      gpu.release(storageBuffer(gpu, 'huge', bytes));
      throw new EngineError('usage', 'there was room');
    });
    if (error.kind === 'usage') context.skip('the largest buffer that this device allows finds room');
    expect(error).toMatchObject({ kind: 'out-of-memory', message: 'the memory of the GPU is full' });
    expect(error.found).toMatch(/^.*\n +While calling .*"huge".*\n +1 buffers with 0\.0 MB were held$/);
    expect(gpu.list().map(({ label }) => label)).toEqual(['kept']);
  });

  test('a refused call makes every later one throw the same error', async () => {
    const buffer = storageBuffer(gpu, 'small', 16);
    write(gpu, buffer, new Uint32Array(8));
    const error = await errorOf(() => storageBuffer(gpu, 'next', 16));
    expect(error.kind).toBe('gpu');
    expect(error.message).toMatch(/^the GPU refused a call: .*"small"/);
    // Dawn says it twice; and how full the device was tells apart a bug and a driver that runs out of
    // something.
    expect(error.found).toMatch(/^While calling .*\n +1 buffers with 0\.0 MB were held$/);
    expect(
      await errorOf(() => {
        gpu.check();
      }),
    ).toBe(error);
    expect(await errorOf(() => readBuffer(gpu, buffer))).toBe(error);
    expect(await errorOf(() => gpu.done())).toBe(error);
    expect(gpu.list().map(({ label }) => label)).toEqual(['small']);
  });

  test('a device that is lost while the host waits ends the wait with the loss', async () => {
    const buffer = storageBuffer(gpu, 'small', 16);
    const reading = errorOf(() => readBuffer(gpu, buffer));
    gpu.device.destroy();
    expect(await reading).toMatchObject({ kind: 'device-lost', message: 'the GPU device was lost' });
    expect(await errorOf(() => gpu.done())).toBe(await reading);
    expect(await errorOf(() => gpu.wait(new Promise(() => undefined)))).toBe(await reading);
  });

  test('a device that is closed was not lost', async () => {
    gpu.close();
    await gpu.device.lost;
    await new Promise((turn) => setImmediate(turn));
    gpu.check();
  });

  test('all buffers or none: what was made is released if the next one cannot be', async () => {
    const kept = storageBuffer(gpu, 'kept', 4);
    const error = await errorOf(() =>
      gpu.allOrNone(() => [
        storageBuffer(gpu, 'a', 4),
        storageBuffer(gpu, 'b', gpu.traits.limits.maxBufferSize + 4),
      ]),
    );
    expect(error.message).toBe('buffer "b" is larger than this device allows');
    expect(gpu.list().map(({ label }) => label)).toEqual(['kept']);
    gpu.release(kept);
    const both = gpu.allOrNone(() => [storageBuffer(gpu, 'a', 4), storageBuffer(gpu, 'b', 4)]);
    expect(gpu.count().buffers).toBe(2);
    for (const buffer of both) gpu.release(buffer);
  });

  test('a kernel that does not compile is named, with the place in its text', async () => {
    const source = {
      label: 'broken_kernel',
      code: '@compute @workgroup_size(1)\nfn main() { let x = ; }',
      constants: {},
      layouts: [],
    };
    const error = await errorOf(() => gpu.pipelines(source));
    expect(error).toMatchObject({ kind: 'gpu', message: 'kernel broken_kernel does not compile' });
    expect(error.found).toMatch(/^line 2:\d+: .*\n.*let x = ;/);
    // Nothing was done on the device: it goes on.
    gpu.check();
  });

  test('timestamps that the device refuses leave nothing', async () => {
    if (!gpu.timestamps) return;
    gpu.device.destroy();
    await new Promise((turn) => setImmediate(turn));
    expect(await errorOf(() => new PassTimer(gpu, 1))).toMatchObject({ kind: 'device-lost' });
    expect(gpu.count().buffers).toBe(0);
  });
});
