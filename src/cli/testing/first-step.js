/**
 * Trains as scripts/train.js does, up to the first step, and tells when it got where: `node first-step.js
 * OPTIONS`. Its last line of output is `{"trace": StartTrace}` (start.ts). It runs the built engine.
 */
import { performance } from 'node:perf_hooks';

const marks = {};
const mark = (name) => (marks[name] = performance.now());

mark('first line');
const { runAsProcess } = await import('../../../dist/cli/command.js');
const { command: train } = await import('../../../dist/cli/commands/train.js');
mark('command line loaded');

const stop = new AbortController();
let trace = null;

await runAsProcess(async (argv, context) => {
  const signal = AbortSignal.any([context.signal, stop.signal]);
  const code = await train.execute(argv, { ...context, signal, loadEngine });
  if (trace === null) return code;
  context.stdout.write(`${JSON.stringify({ trace })}\n`);
  return 0;
});

/** The engine of train.js, loaded in two parts so that the native module has a time of its own. */
async function loadEngine() {
  mark('engine wanted');
  const { openGpu } = await import('../../../dist/gpu/index.js');
  mark('Dawn loaded');
  const { engine, sessionOn } = await import('../../../dist/cli/engine.js');
  mark('engine loaded');
  return {
    open: async (options) => {
      mark('adapter wanted');
      const gpu = await openGpu(options);
      mark('device opened');
      const session = sessionOn(gpu);
      const train = (training, hooks) => {
        const device = observe(gpu.device);
        mark('training asked for');
        const onProgress = () => finish(session.adapter, device);
        // The training is not to be resumed, so it leaves nothing.
        return session.train(training, { ...hooks, onProgress, onCheckpoint: () => undefined });
      };
      return { ...session, train };
    },
    resolveDataset: async (spec, options) => {
      mark('data wanted');
      const dataset = await engine.resolveDataset(spec, options);
      mark('data read');
      return dataset;
    },
  };
}

/** The first steps of the first epoch were submitted: that is far enough. */
function finish(adapter, device) {
  if (trace !== null) return;
  mark('training begun');
  trace = { origin: performance.timeOrigin, marks, device, adapter };
  stop.abort();
}

/** Puts itself between the program and its device; the log fills until the first command buffer is done. */
function observe(device) {
  const { queue } = device;
  const log = { uploads: [], pipelines: [], submitted: null, finished: null };
  const timed = (owner, name) => {
    const call = owner[name].bind(owner);
    owner[name] = (...given) => {
      const start = performance.now();
      const result = call(...given);
      if (log.submitted === null) log.uploads.push({ start, end: performance.now() });
      return result;
    };
  };
  timed(device, 'createBuffer');
  timed(queue, 'writeBuffer');

  const begun = new WeakMap();
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
    if (isFirst) void queue.onSubmittedWorkDone().then(() => (log.finished = performance.now()));
  };
  return log;
}
