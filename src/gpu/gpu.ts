import { EngineError } from '../base/errors.js';
import { platform, type Wait } from '../platform/index.js';
import {
  describeAdapter,
  isSoftware,
  isSwiftShader,
  requestAdapter,
  requireDefaultLimits,
  type AdapterOptions,
} from './adapter.js';
import { endableWaits } from './endable-waits.js';
import { deviceLost, lossError, messageOf, reportedError, type BufferCount } from './failures.js';
import { createPipelineCache, type PipelineCache } from './pipelines.js';
import {
  bufferLimits,
  defaultLimits,
  pick,
  type AdapterTraits,
  type BufferLimits,
  type PlanLimits,
  type TuningEntry,
} from './traits.js';

export type { BufferCount } from './failures.js';

/**
 * The one owner of a device. The first error of the GPU is kept and thrown by the next `check()`, because
 * WebGPU itself reports errors beside the calls that caused them. From then on the device is of no more use:
 * nothing that it computes counts.
 */
export class Gpu {
  readonly info: GPUAdapterInfo;
  readonly description: string;
  readonly software: boolean;
  readonly traits: AdapterTraits;
  readonly pipelines: PipelineCache;
  /**
   * Awaits a promise of Dawn's without slowing the adapter down. A lost device ends it with `device-lost`.
   */
  readonly wait: Wait;
  /** As `wait`, but nothing sleeps meanwhile. */
  private readonly follow: Wait;
  /** Whether the device can write timestamps. */
  readonly timestamps: boolean;
  private failure: EngineError | null = null;
  private closed = false;
  private readonly live = new Set<GPUBuffer>();
  private liveBytes = 0;
  /** A device with larger buffers; null: nothing has needed one. */
  private larger: Promise<Gpu> | null = null;

  constructor(
    readonly device: GPUDevice,
    readonly adapter: Pick<GPUAdapter, 'info' | 'features' | 'limits'>,
    private readonly options: GpuOptions = {},
  ) {
    const { tuning = [] } = options;
    const { info } = adapter;
    this.info = info;
    this.description = describeAdapter(info);
    this.software = isSoftware(info);
    this.timestamps = device.features.has('timestamp-query');
    const fixedSize = info.subgroupMinSize === info.subgroupMaxSize ? (info.subgroupMinSize ?? null) : null;
    this.traits = {
      software: this.software,
      ...(isSwiftShader(info) && { softwareDriver: 'swiftshader' }),
      subgroupSize: device.features.has('subgroups') ? fixedSize : null,
      limits: {
        ...pick(device.limits, Object.keys(defaultLimits) as (keyof PlanLimits)[]),
        ...pick(adapter.limits, bufferLimits),
      },
      tuning,
    };
    const waits = endableWaits();
    const wait = platform.createWait(this.software);
    this.follow = waits.follow;
    this.wait = (promise) => wait(waits.follow(promise));
    this.pipelines = createPipelineCache({
      device,
      settled: (promise, failed) => this.settled(promise, failed),
      check: () => {
        this.check();
      },
    });
    device.addEventListener('uncapturederror', (event) => {
      // Else the bindings print it, too.
      event.preventDefault();
      this.fail(reportedError(event.error, this.count()));
    });
    void device.lost.then((lost) => {
      if (this.closed) return;
      const error = lossError(lost, this.count());
      this.fail(error);
      waits.end(error);
    });
  }

  /** Throws the first error that the GPU reported since the device was opened. */
  check(): void {
    if (this.failure !== null) throw this.failure;
  }

  /**
   * Awaits a promise whose rejection is an error of the GPU.
   * @param failed what is thrown for a rejection that the device explains by no error of its own
   * @throws the first error of the GPU
   */
  async settled<T>(
    promise: Promise<T>,
    failed: (cause: unknown) => EngineError,
    wait = this.wait,
  ): Promise<T> {
    try {
      return await wait(promise);
    } catch (cause) {
      // The news of a lost device may come right behind the rejections that it causes.
      await platform.turn();
      this.check();
      throw cause instanceof EngineError ? cause : failed(cause);
    }
  }

  /**
   * Waits until everything submitted so far is done.
   * @param how `at-once` sees the end without delay on every adapter, but keeps a core busy until then: for
   *   measuring
   * @throws the first error of the GPU
   */
  async done(how: 'at-ease' | 'at-once' = 'at-ease'): Promise<void> {
    const failed = (cause: unknown): EngineError =>
      deviceLost('waiting for the GPU failed', messageOf(cause), cause);
    const wait = how === 'at-once' ? this.follow : this.wait;
    await this.settled(this.device.queue.onSubmittedWorkDone(), failed, wait);
    this.check();
  }

  /**
   * A buffer that is counted until `release`.
   * @throws EngineError `out-of-memory`, `gpu` if it is larger than the device allows, or the first error of
   *   the GPU
   */
  createBuffer(label: string, bytes: number, usage: number): GPUBuffer {
    this.check();
    const { maxBufferSize } = this.device.limits;
    if (bytes > maxBufferSize) {
      throw new EngineError('gpu', `buffer "${label}" is larger than this device allows`, {
        found: `${bytes} bytes`,
        expected: `at most ${maxBufferSize} bytes`,
        remedy: 'train fewer trials at once, or a smaller network or batch',
      });
    }
    // Sizes are whole words because copies and clears are.
    const size = Math.max(4, Math.ceil(bytes / 4) * 4);
    const buffer = this.device.createBuffer({ label, size, usage });
    if (this.failure !== null) {
      buffer.destroy();
      throw this.failure;
    }
    this.live.add(buffer);
    this.liveBytes += buffer.size;
    return buffer;
  }

  /**
   * Runs code that makes several buffers: all of them, or none, because those that it made are released if it
   * throws. Not for code that waits.
   */
  allOrNone<T>(make: () => T): T {
    const before = new Set(this.live);
    try {
      return make();
    } catch (error) {
      for (const buffer of [...this.live]) if (!before.has(buffer)) this.release(buffer);
      throw error;
    }
  }

  /**
   * The limits above WebGPU's defaults that buffers of so many bytes need, as the adapter has them; none
   * where they fit this device.
   */
  raisedLimits(bytes: number): Partial<BufferLimits> {
    const fits = bufferLimits.every((name) => bytes <= this.device.limits[name]);
    return fits ? {} : pick(this.adapter.limits, bufferLimits);
  }

  /**
   * A device for buffers of so many bytes: this one where they fit, else one of the same adapter with its
   * largest buffers, which is opened once and closed with this one.
   * @throws EngineError `no-adapter` if it gives no such device
   */
  async forBuffers(bytes: number): Promise<Gpu> {
    if (Object.keys(this.raisedLimits(bytes)).length === 0) return this;
    this.larger ??= openGpu({ ...this.options, largestBuffers: true });
    return this.larger;
  }

  release(buffer: GPUBuffer): void {
    if (!this.live.delete(buffer)) return;
    this.liveBytes -= buffer.size;
    buffer.destroy();
  }

  count(): BufferCount {
    return { buffers: this.live.size, bytes: this.liveBytes };
  }

  /** Every buffer that is alive, by its label, in the order of creation. */
  list(): { readonly label: string; readonly bytes: number }[] {
    return [...this.live].map(({ label, size }) => ({ label, bytes: size }));
  }

  /** Ends the device; calls after it fail. */
  close(): void {
    this.closed = true;
    this.larger?.then(
      (larger) => {
        larger.close();
      },
      () => undefined,
    );
    for (const buffer of [...this.live]) this.release(buffer);
    this.device.destroy();
  }

  private fail(error: EngineError): void {
    this.failure ??= error;
  }
}

export interface GpuOptions extends AdapterOptions {
  /** Choices of kernel variants that come before the rules; from a tuning file for this adapter. */
  readonly tuning?: readonly TuningEntry[];
  /** Asks for buffers as large as the adapter has them: see `Gpu.forBuffers`. */
  readonly largestBuffers?: boolean;
}

/**
 * Opens a device on the chosen adapter with WebGPU's default limits, and the features that kernels can make
 * use of.
 * @throws EngineError `no-adapter` if there is none, it has less than these limits, or it gives no device
 */
export async function openGpu(options: GpuOptions = {}): Promise<Gpu> {
  const adapter = await requestAdapter(options);
  requireDefaultLimits(adapter);
  const wanted = options.features ?? ['subgroups', 'timestamp-query'];
  const larger = options.largestBuffers === true;
  try {
    const device = await adapter.requestDevice({
      label: 'wgsl-train',
      requiredFeatures: wanted.filter((feature) => adapter.features.has(feature)),
      ...(larger && { requiredLimits: pick(adapter.limits, bufferLimits) }),
    });
    return new Gpu(device, adapter, options);
  } catch (cause) {
    throw new EngineError('no-adapter', `the adapter "${describeAdapter(adapter.info)}" gave no device`, {
      found: cause instanceof Error ? cause.message : String(cause),
      expected: `a device with the default WebGPU limits${larger ? ', and the largest buffers of the adapter' : ''}`,
      remedy: platform.advice.noDevice,
      cause,
    });
  }
}
