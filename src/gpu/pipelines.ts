import { EngineError } from '../base/errors.js';
import { messageOf } from './failures.js';

/** What makes a compute pipeline, and what tells two of them apart. */
export interface PipelineSource {
  /** Names the kernel and its variant in errors, captures and profiles. */
  readonly label: string;
  readonly code: string;
  readonly constants: Readonly<Record<string, number>>;
  /** One list of layout entries per bind group. */
  readonly layouts: readonly (readonly GPUBindGroupLayoutEntry[])[];
}

export interface CachedPipeline {
  readonly pipeline: GPUComputePipeline;
  readonly layouts: readonly GPUBindGroupLayout[];
}

/** What compiling needs of the owner of a device. */
export interface Compiler {
  readonly device: GPUDevice;
  readonly settled: <T>(promise: Promise<T>, failed: (cause: unknown) => EngineError) => Promise<T>;
  readonly check: () => void;
}

/** Compiles each different source once, even when it is asked for twice at the same time. */
export type PipelineCache = (source: PipelineSource) => Promise<CachedPipeline>;

export function createPipelineCache(gpu: Compiler): PipelineCache {
  const pipelines = new Map<string, Promise<CachedPipeline>>();
  const layouts = new Map<string, GPUBindGroupLayout>();

  const layoutOf = (entries: readonly GPUBindGroupLayoutEntry[]): GPUBindGroupLayout => {
    const key = JSON.stringify(entries);
    const layout = layouts.get(key) ?? gpu.device.createBindGroupLayout({ entries: [...entries] });
    layouts.set(key, layout);
    return layout;
  };

  return (source) => {
    const key = JSON.stringify([source.code, source.constants]);
    const known = pipelines.get(key);
    if (known !== undefined) return known;
    const bindGroupLayouts = source.layouts.map(layoutOf);
    const made = compile(gpu, source, bindGroupLayouts).then((pipeline) => ({
      pipeline,
      layouts: bindGroupLayouts,
    }));
    pipelines.set(key, made);
    return made;
  };
}

async function compile(
  gpu: Compiler,
  source: PipelineSource,
  bindGroupLayouts: GPUBindGroupLayout[],
): Promise<GPUComputePipeline> {
  const { device } = gpu;
  const failed = (cause: unknown): EngineError => pipelineError(source, cause);
  // In a scope of its own, because the compiler's messages say more than the error that the device reports.
  device.pushErrorScope('validation');
  const module = device.createShaderModule({ label: source.label, code: source.code });
  const refused = device.popErrorScope();
  const [{ messages }, error] = await Promise.all([
    gpu.settled(module.getCompilationInfo(), failed),
    gpu.settled(refused, failed),
  ]);
  const errors = messages.filter((message) => message.type === 'error');
  if (errors.length > 0) throw compileError(source, errors);
  if (error !== null) throw failed(error);
  const pipeline = await gpu.settled(
    device.createComputePipelineAsync({
      label: source.label,
      layout: device.createPipelineLayout({ label: source.label, bindGroupLayouts }),
      compute: { module, entryPoint: 'main', constants: { ...source.constants } },
    }),
    failed,
  );
  gpu.check();
  return pipeline;
}

function pipelineError(source: PipelineSource, cause: unknown): EngineError {
  return new EngineError('gpu', `kernel ${source.label} could not be made into a pipeline`, {
    found: messageOf(cause),
    remedy: 'this is a bug in the kernel or in the driver: please report it',
    cause,
  });
}

function compileError(source: PipelineSource, errors: readonly GPUCompilationMessage[]): EngineError {
  const lines = source.code.split('\n');
  const found = errors.map((error) => {
    const text = lines[error.lineNum - 1] ?? '';
    const caret = `${' '.repeat(Math.max(0, error.linePos - 1))}^`;
    return `line ${error.lineNum}:${error.linePos}: ${error.message}\n    ${text}\n    ${caret}`;
  });
  return new EngineError('gpu', `kernel ${source.label} does not compile`, {
    found: found.join('\n'),
    expected: 'WGSL that every WebGPU implementation takes',
    remedy:
      'if you did not change the shader, please report this ' +
      '(line numbers count its text with the includes in place)',
  });
}
