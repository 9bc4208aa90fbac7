import { EngineError } from '../base/errors.js';
import { Readback } from './buffers.js';
import type { Gpu } from './gpu.js';
import { bufferUsage } from './usage.js';

/**
 * When a pass ran, in nanoseconds on the adapter's clock, as it reported them: an end can lie before its
 * beginning.
 */
export interface PassTime {
  readonly begin: bigint;
  readonly end: bigint;
}

/** WebGPU's limit for one query set, and so passes per query set. */
const queriesPerSet = 4096;
const passesPerSet = queriesPerSet / 2;
const timestampBytes = 8;

/**
 * Times compute passes: hands out places for their timestamps, and reads all of them back at once. Nothing
 * waits in between.
 *
 * Timestamps are not quantised, because the instance is created so (adapter.ts).
 */
export class PassTimer {
  private readonly sets: readonly GPUQuerySet[];
  private readonly resolved: GPUBuffer;
  private readonly readback: Readback;
  /** Passes that can be timed between two readings. */
  readonly capacity: number;
  private taken = 0;

  /**
   * @param passes how many are wanted between two readings; rounded up to whole query sets
   * @throws EngineError `bug` if the device has no timestamps, or the first error of the GPU
   */
  constructor(
    private readonly gpu: Gpu,
    passes: number,
  ) {
    if (!gpu.timestamps) throw new EngineError('bug', 'this device writes no timestamps');
    const count = Math.max(1, Math.ceil(passes / passesPerSet));
    this.capacity = count * passesPerSet;
    const bytes = count * queriesPerSet * timestampBytes;
    const { QUERY_RESOLVE, COPY_SRC } = bufferUsage;
    [this.resolved, this.readback] = gpu.allOrNone(() => {
      const buffer = gpu.createBuffer('pass times', bytes, QUERY_RESOLVE | COPY_SRC);
      return [buffer, new Readback(gpu, 'pass times', [{ buffer, offset: 0, bytes }])];
    });
    this.sets = Array.from({ length: count }, (_, i) =>
      gpu.device.createQuerySet({ label: `pass times ${i}`, type: 'timestamp', count: queriesPerSet }),
    );
  }

  /** Passes that can still be timed before the next reading. */
  get free(): number {
    return this.capacity - this.taken;
  }

  /** How long the last `read` waited for the GPU. */
  get waitedMs(): number {
    return this.readback.waitedMs;
  }

  /** Where the next pass writes its timestamps: the descriptor of that pass. */
  next(): GPUComputePassDescriptor {
    if (this.free === 0) throw new EngineError('bug', `no timestamps are left: ${this.capacity} were taken`);
    const querySet = this.sets[Math.floor(this.taken / passesPerSet)]!;
    const index = 2 * (this.taken % passesPerSet);
    this.taken++;
    return {
      timestampWrites: { querySet, beginningOfPassWriteIndex: index, endOfPassWriteIndex: index + 1 },
    };
  }

  /** Records the resolution of everything taken, after what the encoder already holds. */
  encodeResolve(encoder: GPUCommandEncoder): void {
    for (let set = 0; set * passesPerSet < this.taken; set++) {
      const passes = Math.min(passesPerSet, this.taken - set * passesPerSet);
      encoder.resolveQuerySet(
        this.sets[set]!,
        0,
        2 * passes,
        this.resolved,
        set * queriesPerSet * timestampBytes,
      );
    }
    this.readback.encode(encoder);
  }

  /**
   * Waits for what `encodeResolve` recorded, which must have been submitted, and frees all places.
   * @returns one time per pass, in the order of `next()`
   */
  async read(): Promise<PassTime[]> {
    const [data] = await this.readback.read();
    const values = new BigUint64Array(data!);
    const times = Array.from({ length: this.taken }, (_, i) => ({
      begin: values[2 * i]!,
      end: values[2 * i + 1]!,
    }));
    this.taken = 0;
    return times;
  }

  release(): void {
    for (const set of this.sets) set.destroy();
    this.gpu.release(this.resolved);
    this.readback.release();
  }
}
