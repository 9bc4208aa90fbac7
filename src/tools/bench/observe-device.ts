/** Watches what a program asks of a device while it gets ready, from outside: the engine need not know of it. */

/** On the clock of `performance.now`, in milliseconds. */
export interface Interval {
  readonly start: number;
  readonly end: number;
}

/** What was asked until the first submit. */
export interface DeviceLog {
  /** Calls that make buffers, or hand over what is to be in them. */
  readonly uploads: Interval[];
  /** One per pipeline, from its shader's text to the pipeline; in the order in which they were ready. */
  readonly pipelines: Interval[];
  /** When the first command buffer was submitted, and when it was done; null if that did not happen. */
  submitted: number | null;
  finished: number | null;
}

/** What is watched of a device. */
export interface ObservedDevice {
  createBuffer: GPUDevice['createBuffer'];
  createShaderModule: GPUDevice['createShaderModule'];
  createComputePipelineAsync: GPUDevice['createComputePipelineAsync'];
  readonly queue: Pick<GPUQueue, 'writeBuffer' | 'submit' | 'onSubmittedWorkDone'>;
}

/** Puts itself between a program and its device; the log fills while the program runs. */
export function observeDevice(device: ObservedDevice): DeviceLog {
  const { queue } = device;
  const log: DeviceLog = { uploads: [], pipelines: [], submitted: null, finished: null };
  const upload = <T>(call: () => T): T => {
    const start = performance.now();
    const result = call();
    if (log.submitted === null) log.uploads.push({ start, end: performance.now() });
    return result;
  };

  const createBuffer = device.createBuffer.bind(device);
  device.createBuffer = (descriptor) => upload(() => createBuffer(descriptor));
  const writeBuffer = queue.writeBuffer.bind(queue);
  queue.writeBuffer = (...data) => {
    upload(() => {
      writeBuffer(...data);
    });
  };

  const begun = new WeakMap<GPUShaderModule, number>();
  const createShaderModule = device.createShaderModule.bind(device);
  device.createShaderModule = (descriptor) => {
    const start = performance.now();
    const module = createShaderModule(descriptor);
    begun.set(module, start);
    return module;
  };
  const createPipeline = device.createComputePipelineAsync.bind(device);
  device.createComputePipelineAsync = async (descriptor) => {
    const start = begun.get(descriptor.compute.module) ?? performance.now();
    const pipeline = await createPipeline(descriptor);
    if (log.submitted === null) log.pipelines.push({ start, end: performance.now() });
    return pipeline;
  };

  const submit = queue.submit.bind(queue);
  queue.submit = (commands) => {
    const isFirst = log.submitted === null;
    log.submitted ??= performance.now();
    submit(commands);
    if (!isFirst) return;
    void queue.onSubmittedWorkDone().then(() => {
      log.finished = performance.now();
    });
  };
  return log;
}
