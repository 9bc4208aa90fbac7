import { deviceLost, messageOf } from './failures.js';
import type { Gpu } from './gpu.js';
import { bufferUsage, mapMode } from './usage.js';

const storageUsage = bufferUsage.STORAGE | bufferUsage.COPY_DST | bufferUsage.COPY_SRC;

/** A storage buffer of `bytes`, zeroed by WebGPU. */
export function storageBuffer(gpu: Gpu, label: string, bytes: number): GPUBuffer {
  return gpu.createBuffer(label, bytes, storageUsage);
}

/** A uniform buffer of `bytes`, filled by `write`. */
export function uniformBuffer(gpu: Gpu, label: string, bytes: number): GPUBuffer {
  return gpu.createBuffer(label, bytes, bufferUsage.UNIFORM | bufferUsage.COPY_DST);
}

/** Copies host data into a buffer, before the next submit. `offset` in bytes, a multiple of 4. */
export function write(gpu: Gpu, buffer: GPUBuffer, data: ArrayBufferView<ArrayBuffer>, offset = 0): void {
  const whole = Math.floor(data.byteLength / 4) * 4;
  gpu.device.queue.writeBuffer(buffer, offset, data.buffer, data.byteOffset, whole);
  if (whole === data.byteLength) return;
  // Byte data can end inside a word; the rest of that word is padding.
  const tail = new Uint8Array(4);
  tail.set(new Uint8Array(data.buffer, data.byteOffset + whole, data.byteLength - whole));
  gpu.device.queue.writeBuffer(buffer, offset + whole, tail);
}

/** A part of a buffer, in bytes; multiples of 4. */
export interface BufferRange {
  readonly buffer: GPUBuffer;
  readonly offset: number;
  readonly bytes: number;
}

/** A reusable staging buffer: several ranges are read back with one wait. */
export class Readback {
  private readonly staging: GPUBuffer;
  readonly bytes: number;
  /** How long the last `read` waited for the GPU: near 0 if the work had long been done. */
  waitedMs = 0;

  constructor(
    private readonly gpu: Gpu,
    label: string,
    private readonly ranges: readonly BufferRange[],
  ) {
    this.bytes = ranges.reduce((sum, range) => sum + range.bytes, 0);
    this.staging = gpu.createBuffer(
      `${label} readback`,
      this.bytes,
      bufferUsage.MAP_READ | bufferUsage.COPY_DST,
    );
  }

  /** Records the copies of the ranges, or only of those from `first` to before `end`. */
  encode(encoder: GPUCommandEncoder, first = 0, end = this.ranges.length): void {
    let at = 0;
    for (const [index, { buffer, offset, bytes }] of this.ranges.entries()) {
      if (index >= first && index < end) encoder.copyBufferToBuffer(buffer, offset, this.staging, at, bytes);
      at += bytes;
    }
  }

  /**
   * Waits for the copies and returns the bytes of each range, in order.
   * @throws the first error of the GPU, or `device-lost`
   */
  async read(): Promise<ArrayBuffer[]> {
    this.gpu.check();
    const started = performance.now();
    const mapped = this.staging.mapAsync(mapMode.READ).then(() => this.takeMapped());
    const parts = await this.gpu.settled(mapped, (cause) =>
      deviceLost('reading results back from the GPU failed', messageOf(cause), cause),
    );
    this.waitedMs = performance.now() - started;
    this.gpu.check();
    return parts;
  }

  /** Submits the copies by themselves, behind everything submitted so far, and reads them. */
  copyAndRead(): Promise<ArrayBuffer[]> {
    const encoder = this.gpu.device.createCommandEncoder({ label: 'readback' });
    this.encode(encoder);
    this.gpu.device.queue.submit([encoder.finish()]);
    return this.read();
  }

  private takeMapped(): ArrayBuffer[] {
    const mapped = this.staging.getMappedRange();
    let at = 0;
    const parts = this.ranges.map(({ bytes }) => {
      const part = mapped.slice(at, at + bytes);
      at += bytes;
      return part;
    });
    this.staging.unmap();
    return parts;
  }

  release(): void {
    this.gpu.release(this.staging);
  }
}

/** Reads ranges of buffers once, with one wait. */
export async function readRanges(
  gpu: Gpu,
  label: string,
  ranges: readonly BufferRange[],
): Promise<ArrayBuffer[]> {
  const readback = new Readback(gpu, label, ranges);
  try {
    return await readback.copyAndRead();
  } finally {
    readback.release();
  }
}

/** Reads one buffer (or a range of it) once. */
export async function readBuffer(
  gpu: Gpu,
  buffer: GPUBuffer,
  offset = 0,
  bytes = buffer.size - offset,
): Promise<ArrayBuffer> {
  const [data] = await readRanges(gpu, buffer.label, [{ buffer, offset, bytes }]);
  return data!;
}
