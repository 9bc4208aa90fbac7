import { describe, expect, test, vi } from 'vitest';
import { Readback, storageBuffer, write } from '../../src/gpu/index.js';
import { mapAsleep } from '../../src/gpu/waiting.js';
import { useGpu } from '../kernels/support.js';

/** A buffer whose maps are answered by hand, with WebGPU's rules: one map at a time, and `unmap` ends one that is pending. */
class HandBuffer {
  asked = 0;
  state: 'unmapped' | 'pending' | 'mapped' = 'unmapped';
  private settle: { resolve: () => void; reject: (cause: Error) => void } | null = null;

  /** @param onMap what happens when a map is asked for, with the number of times that it was */
  constructor(private readonly onMap: (buffer: HandBuffer, asked: number) => void) {}

  mapAsync(): Promise<undefined> {
    if (this.state !== 'unmapped') return Promise.reject(new Error(`mapAsync while ${this.state}`));
    this.state = 'pending';
    const answer = new Promise<undefined>((resolve, reject) => {
      this.settle = {
        resolve: () => {
          resolve(undefined);
        },
        reject,
      };
    });
    this.onMap(this, ++this.asked);
    return answer;
  }

  finish(): void {
    if (this.state !== 'pending') return;
    this.state = 'mapped';
    this.settle!.resolve();
  }

  fail(message: string): void {
    this.state = 'unmapped';
    this.settle!.reject(new Error(message));
  }

  unmap(): void {
    const pending = this.state === 'pending';
    this.state = 'unmapped';
    if (pending) this.settle!.reject(new Error('AbortError'));
  }

  get buffer(): GPUBuffer {
    return this as unknown as GPUBuffer;
  }
}

describe('mapAsleep', () => {
  test('what is done is mapped at the first question', async () => {
    const hand = new HandBuffer((buffer) => {
      buffer.finish();
    });
    await mapAsleep(hand.buffer);
    expect([hand.state, hand.asked]).toEqual(['mapped', 1]);
  });

  test('what is not done is asked for again, and given up in between', async () => {
    const hand = new HandBuffer((buffer, asked) => {
      if (asked === 4) buffer.finish();
    });
    const unmap = vi.spyOn(hand, 'unmap');
    await mapAsleep(hand.buffer);
    expect([hand.state, hand.asked]).toEqual(['mapped', 4]);
    expect(unmap).toHaveBeenCalledTimes(3);
  });

  test('a map that comes in the very moment in which it is given up is asked for once more', async () => {
    const hand = new HandBuffer((buffer, asked) => {
      if (asked === 2) buffer.finish();
    });
    vi.spyOn(hand, 'unmap').mockImplementationOnce(() => {
      // Dawn had settled it before `unmap` undid it.
      hand.finish();
      hand.state = 'unmapped';
    });
    await mapAsleep(hand.buffer);
    expect([hand.state, hand.asked]).toEqual(['mapped', 2]);
  });

  test('a refusal is thrown, not asked again', async () => {
    const hand = new HandBuffer((buffer) => {
      buffer.fail('the device was lost');
    });
    await expect(mapAsleep(hand.buffer)).rejects.toThrow('the device was lost');
    expect(hand.asked).toBe(1);
  });
});

describe('on the adapter', () => {
  const gpu = useGpu();

  test('a readback has what was submitted before it, however often it has to ask', async () => {
    const buffer = storageBuffer(gpu(), 'copied', 2 ** 24);
    const readback = new Readback(gpu(), 'copied', [{ buffer, offset: 0, bytes: 16 }]);
    const other = storageBuffer(gpu(), 'other', 2 ** 24);
    try {
      for (const value of [1, 2, 3]) {
        write(gpu(), other, new Uint32Array([value, value, value, value]));
        const encoder = gpu().device.createCommandEncoder();
        for (let i = 0; i < 20; i++) encoder.copyBufferToBuffer(other, 0, buffer, 0, buffer.size);
        readback.encode(encoder);
        gpu().device.queue.submit([encoder.finish()]);
        const [data] = await readback.read();
        expect([...new Uint32Array(data!)]).toEqual([value, value, value, value]);
      }
    } finally {
      readback.release();
      gpu().release(buffer);
      gpu().release(other);
    }
  });
});
