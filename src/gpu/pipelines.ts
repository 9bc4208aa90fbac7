import { EngineError } from '../base/errors.js';
import type { Wait } from './wait.js';

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

/** Compiles each different source once, even when it is asked for twice at the same time. */
export type PipelineCache = (source: PipelineSource) => Promise<CachedPipeline>;

export function createPipelineCache(device: GPUDevice, wait: Wait): PipelineCache {
  const pipelines = new Map<string, Promise<CachedPipeline>>();
  const layouts = new Map<string, GPUBindGroupLayout>();

  const layoutOf = (entries: readonly GPUBindGroupLayoutEntry[]): GPUBindGroupLayout => {
    const key = JSON.stringify(entries);
    const layout = layouts.get(key) ?? device.createBindGroupLayout({ entries: [...entries] });
    layouts.set(key, layout);
    return layout;
  };

  return (source) => {
    const key = JSON.stringify([source.code, source.constants]);
    const known = pipelines.get(key);
    if (known !== undefined) return known;
    const bindGroupLayouts = source.layouts.map(layoutOf);
    const made = wait(compile(device, source, bindGroupLayouts)).then((pipeline) => ({
      pipeline,
      layouts: bindGroupLayouts,
    }));
    pipelines.set(key, made);
    return made;
  };
}

async function compile(
  device: GPUDevice,
  source: PipelineSource,
  bindGroupLayouts: GPUBindGroupLayout[],
): Promise<GPUComputePipeline> {
  const module = device.createShaderModule({ label: source.label, code: source.code });
  const { messages } = await module.getCompilationInfo();
  const errors = messages.filter((message) => message.type === 'error');
  if (errors.length > 0) throw compileError(source, errors);
  try {
    return await device.createComputePipelineAsync({
      label: source.label,
      layout: device.createPipelineLayout({ label: source.label, bindGroupLayouts }),
      compute: { module, entryPoint: 'main', constants: { ...source.constants } },
    });
  } catch (cause) {
    throw new EngineError('gpu', `kernel ${source.label} could not be made into a pipeline`, {
      found: cause instanceof Error ? cause.message : String(cause),
      remedy: 'this is a bug in the kernel or in the driver: please report it',
      cause,
    });
  }
}

function compileError(source: PipelineSource, errors: readonly GPUCompilationMessage[]): EngineError {
  const lines = source.code.split('\n');
  const found = errors.map((error) => {
    const text = lines[error.lineNum - 1] ?? '';
    return `line ${error.lineNum}:${error.linePos}: ${error.message}\n    ${text}\n    ${' '.repeat(Math.max(0, error.linePos - 1))}^`;
  });
  return new EngineError('gpu', `kernel ${source.label} does not compile`, {
    found: found.join('\n'),
    remedy: 'line numbers count the shader text with its includes in place',
  });
}
