/**
 * The package `webgpu` with faults in it: Dawn's own objects, whose methods are wrapped so that one chosen
 * call goes wrong. Tests put it in the place of the package; no source of the engine knows of it.
 *
 * Whatever Dawn can be brought to do is done by Dawn: a refused call is one with arguments that are really
 * invalid, a lost device one that was really destroyed, a shader that does not compile one with a mistake in
 * it. Only what cannot be provoked is made up: no adapter, full memory, a driver's inner errors, and promises
 * that are rejected, or never settled, for no reason.
 *
 * Imports nothing but calls.ts, because both also run in processes that have neither TypeScript nor a test
 * runner (see preload.ts).
 */

import { invalidCalls, labelOf, silently, type Attempt, type Method, type Site } from './calls.js';

/** What goes wrong. */
export type FaultKind =
  /** The call has arguments that WebGPU refuses; Dawn reports a real validation error. */
  | 'invalid'
  /** The call makes nothing, and the device reports that its memory is full. */
  | 'out-of-memory'
  /** The call is done, and the device reports an error of the driver. */
  | 'internal'
  /** The device is destroyed right before the call, right after it, or in the next turn of the event loop. */
  | 'lost-before'
  | 'lost-after'
  | 'lost-later'
  /** The promise is never settled, and the device is lost meanwhile. */
  | 'lost-pending'
  /** The promise is rejected, with nothing else to explain it. */
  | 'rejected'
  /** There is no such thing: null. */
  | 'missing'
  /** The call throws. */
  | 'thrown';

export interface Fault {
  readonly kind: FaultKind;
  readonly site: Site;
  /** Which of the calls, counted from 0. */
  readonly nth: number;
}

/** A call that was made, with the label of what it made or worked on. */
export interface Call {
  readonly site: Site;
  readonly label: string;
}

/** One use of the package: every call that was made, and whether the fault has happened. */
export interface Injection {
  readonly fault: Fault | null;
  readonly calls: Call[];
  /** How many calls had been made when it happened; null before. */
  firedAt: number | null;
  /** When that was, on the clock of `performance.now`. */
  firedTime: number | null;
}

export function injection(fault: Fault | null): Injection {
  return { fault, calls: [], firedAt: null, firedTime: null };
}

/** What the package exports, as far as the engine uses it. */
export interface WebgpuPackage {
  readonly create: (flags: string[]) => GPU;
  readonly globals: Readonly<Record<string, unknown>>;
}

/**
 * The package with faults in it.
 * @param real the package itself
 * @param next the injection that belongs to the next call of `create`, and to everything that is made with
 *   what it gives
 */
export function faultyPackage(real: WebgpuPackage, next: () => Injection): WebgpuPackage {
  // One for all: an instance takes fifty milliseconds, and gives any number of adapters.
  let instance: GPU | null = null;
  const create = (flags: string[]): GPU => {
    const use = new Use(real, next());
    return use.call('create', {
      target: real,
      args: [],
      device: null,
      proceed: () => use.instance(() => (instance ??= real.create(flags))),
    }) as GPU;
  };
  return { ...real, create };
}

class Use {
  private readonly counts = new Map<Site, number>();

  constructor(
    private readonly real: WebgpuPackage,
    private readonly injection: Injection,
  ) {}

  instance(make: () => GPU): Pick<GPU, 'requestAdapter'> {
    const gpu = make();
    const requestAdapter = (options: unknown): unknown =>
      this.call('requestAdapter', {
        target: gpu,
        args: [options],
        device: null,
        proceed: async () => {
          const adapter = await gpu.requestAdapter(options as GPURequestAdapterOptions);
          return adapter && this.adapter(adapter);
        },
      });
    return { requestAdapter } as Pick<GPU, 'requestAdapter'>;
  }

  private adapter(adapter: GPUAdapter): GPUAdapter {
    const requestDevice = adapter.requestDevice.bind(adapter);
    const proceed = async (descriptor: unknown): Promise<GPUDevice> => {
      const device = await requestDevice(descriptor as GPUDeviceDescriptor);
      this.device(device);
      return device;
    };
    adapter.requestDevice = (descriptor) => {
      const attempt = { target: adapter, args: [descriptor], device: null, proceed: proceed as Method };
      return this.call('requestDevice', attempt) as Promise<GPUDevice>;
    };
    return adapter;
  }

  private device(device: GPUDevice): void {
    const wrap = (target: object, names: readonly Site[], wrapMade?: (made: object) => void): void => {
      for (const site of names) {
        const original = (Reflect.get(target, site) as Method).bind(target);
        const proceed: Method = (...args: readonly unknown[]) => {
          const made = original(...args);
          if (wrapMade !== undefined) wrapMade(made as object);
          return made;
        };
        Reflect.set(target, site, (...args: readonly unknown[]) =>
          this.call(site, { target, args, proceed, device }),
        );
      }
    };
    wrap(device, [
      'createBindGroupLayout',
      'createPipelineLayout',
      'createBindGroup',
      'createQuerySet',
      'createComputePipelineAsync',
      'popErrorScope',
    ]);
    wrap(device.queue, ['writeBuffer', 'submit', 'onSubmittedWorkDone']);
    wrap(device, ['createBuffer'], (buffer) => {
      wrap(buffer, ['mapAsync', 'getMappedRange']);
    });
    wrap(device, ['createShaderModule'], (module) => {
      wrap(module, ['getCompilationInfo']);
    });
    wrap(device, ['createCommandEncoder'], (encoder) => {
      wrap(encoder, ['copyBufferToBuffer', 'clearBuffer', 'resolveQuerySet', 'finish']);
      wrap(encoder, ['beginComputePass'], (pass) => {
        wrap(pass, ['setPipeline', 'setBindGroup', 'dispatchWorkgroups', 'end']);
      });
    });
  }

  /** Makes a call, or what becomes of it. */
  call(site: Site, attempt: Attempt): unknown {
    const { injection, counts } = this;
    const { fault } = injection;
    const nth = counts.get(site) ?? 0;
    counts.set(site, nth + 1);
    injection.calls.push({ site, label: labelOf(attempt) });
    if (fault?.site !== site || fault.nth !== nth) return attempt.proceed(...attempt.args);
    injection.firedAt = injection.calls.length;
    injection.firedTime = performance.now();
    return this.fail(fault, attempt);
  }

  private fail({ kind, site }: Fault, attempt: Attempt): unknown {
    const { args, proceed, device } = attempt;
    const lose = (): void => {
      device!.destroy();
    };
    if (site === 'requestDevice' && kind === 'lost-after')
      return (proceed(...args) as Promise<GPUDevice>).then((made) => {
        made.destroy();
        return made;
      });
    switch (kind) {
      case 'missing':
        return Promise.resolve(null);
      case 'thrown':
        throw new Error(`${site} throws`);
      case 'rejected':
        return Promise.reject(this.rejection(site));
      case 'invalid':
        return invalidCalls[site]!(attempt);
      case 'out-of-memory': {
        // Of a buffer that does not fit, its maker gets one that is invalid; of other calls nothing is known.
        const made =
          site === 'createBuffer' ? silently(device!, () => invalidCalls[site]!(attempt)) : proceed(...args);
        this.report(device!, 'GPUOutOfMemoryError', `no memory is left for ${labelOf(attempt)}`);
        return made;
      }
      case 'internal': {
        const made = proceed(...args);
        this.report(device!, 'GPUInternalError', 'the driver fails');
        return made;
      }
      case 'lost-before':
        lose();
        return proceed(...args);
      case 'lost-after': {
        const made = proceed(...args);
        lose();
        return made;
      }
      case 'lost-later':
        setImmediate(lose);
        return proceed(...args);
      case 'lost-pending':
        // What it really comes to is of interest to nobody.
        if (site !== 'mapAsync') void Promise.resolve(proceed(...args)).catch(() => undefined);
        setTimeout(lose, 5);
        return new Promise(() => undefined);
    }
  }

  /** As the bindings reject this call when the driver fails. */
  private rejection(site: Site): Error {
    if (site !== 'createComputePipelineAsync')
      return new DOMException(`${site} failed`, site === 'mapAsync' ? 'AbortError' : 'OperationError');
    const PipelineError = this.real.globals.GPUPipelineError as typeof GPUPipelineError;
    return new PipelineError('the driver compiles no pipelines', { reason: 'internal' });
  }

  /** Lets the device report an error as it reports its own. */
  private report(device: GPUDevice, name: 'GPUOutOfMemoryError' | 'GPUInternalError', message: string): void {
    const Reported = this.real.globals[name] as new (message: string) => GPUError;
    const Event = this.real.globals.GPUUncapturedErrorEvent as typeof GPUUncapturedErrorEvent;
    device.dispatchEvent(new Event('uncapturederror', { error: new Reported(message) }));
  }
}
