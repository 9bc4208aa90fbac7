/**
 * The calls of WebGPU that the engine makes, and how each can be made so that WebGPU must refuse it. Imports
 * nothing: see preload.ts.
 */

export const sites = [
  'create',
  'requestAdapter',
  'requestDevice',
  'createBuffer',
  'writeBuffer',
  'createBindGroupLayout',
  'createPipelineLayout',
  'createShaderModule',
  'getCompilationInfo',
  'createComputePipelineAsync',
  'createBindGroup',
  'createQuerySet',
  'createCommandEncoder',
  'beginComputePass',
  'setPipeline',
  'setBindGroup',
  'dispatchWorkgroups',
  'end',
  'copyBufferToBuffer',
  'clearBuffer',
  'resolveQuerySet',
  'finish',
  'submit',
  'mapAsync',
  'getMappedRange',
  'popErrorScope',
  'onSubmittedWorkDone',
] as const;

export type Site = (typeof sites)[number];

export type Method = (...args: readonly unknown[]) => unknown;

/** A call on its way: what it is made on, and how the real one is made. */
export interface Attempt {
  readonly target: object;
  readonly args: readonly unknown[];
  readonly proceed: Method;
  /** Null before there is one. */
  readonly device: GPUDevice | null;
}

/** The label of what a call makes or works on. */
export function labelOf({ target, args }: Attempt): string {
  const labels = [args[0], target].map((each): unknown =>
    typeof each === 'object' && each !== null ? Reflect.get(each, 'label') : undefined,
  );
  return (labels.find((label) => typeof label === 'string' && label !== '') as string | undefined) ?? '';
}

type Descriptor = Readonly<Record<string, unknown>>;

const described = (attempt: Attempt): Descriptor => attempt.args[0] as Descriptor;
const entriesOf = (attempt: Attempt, name: string): readonly unknown[] =>
  described(attempt)[name] as readonly unknown[];

/** Makes the call with other properties in its descriptor. */
function altered(attempt: Attempt, properties: Descriptor): unknown {
  return attempt.proceed({ ...described(attempt), ...properties });
}

function twice({ args, proceed }: Attempt): unknown {
  proceed(...args);
  return proceed(...args);
}

/** Makes a call so that it is refused, at once or when the commands that it is part of are finished. */
export const invalidCalls: Readonly<Partial<Record<Site, (attempt: Attempt) => unknown>>> = {
  // Mapped for reading and for writing at once.
  createBuffer: (attempt) => altered(attempt, { usage: 3 }),
  // Behind the end of the buffer.
  writeBuffer: ({ args, proceed }) => proceed(args[0], (args[0] as GPUBuffer).size, ...args.slice(2)),
  createBindGroupLayout: (attempt) => {
    const entries = entriesOf(attempt, 'entries');
    return altered(attempt, { entries: [...entries, entries[0]] });
  },
  createPipelineLayout: (attempt) => {
    const [first] = entriesOf(attempt, 'bindGroupLayouts');
    return altered(attempt, { bindGroupLayouts: [first, first, first, first, first] });
  },
  createShaderModule: (attempt) =>
    altered(attempt, { code: `${described(attempt).code as string}\nfn broken() { let x = ; }\n` }),
  createComputePipelineAsync: (attempt) =>
    altered(attempt, { compute: { ...(described(attempt).compute as Descriptor), entryPoint: 'nowhere' } }),
  createBindGroup: (attempt) => altered(attempt, { entries: entriesOf(attempt, 'entries').slice(1) }),
  createQuerySet: (attempt) => altered(attempt, { count: 4097 }),
  // While another pass is open.
  beginComputePass: twice,
  setPipeline: ({ device, proceed }) => proceed(invalidPipeline(device!)),
  setBindGroup: ({ args, proceed }) => proceed(99, ...args.slice(1)),
  dispatchWorkgroups: ({ proceed }) => proceed(65_536, 1, 1),
  end: twice,
  copyBufferToBuffer: ({ args, proceed }) => proceed(...args.slice(0, 4), (args[4] as number) + 2),
  clearBuffer: ({ args, proceed }) => proceed(args[0], 2),
  resolveQuerySet: ({ args, proceed }) => proceed(args[0], 0, 4097, ...args.slice(3)),
  finish: twice,
  submit: ({ args, proceed }) => {
    const commands = args[0] as readonly unknown[];
    return proceed([...commands, ...commands]);
  },
  // For reading and for writing at once.
  mapAsync: ({ proceed }) => proceed(3),
  getMappedRange: ({ proceed }) => proceed(1),
};

function invalidPipeline(device: GPUDevice): GPUComputePipeline {
  return silently(device, () =>
    device.createComputePipeline({
      layout: 'auto',
      compute: { module: device.createShaderModule({ code: 'nothing' }) },
    }),
  );
}

/** Makes a call whose validation error nobody gets to see. Not counted as a call of the engine's. */
export function silently<T>(device: GPUDevice, call: () => T): T {
  const methods = Object.getPrototypeOf(device) as GPUDevice;
  methods.pushErrorScope.call(device, 'validation');
  const made = call();
  void methods.popErrorScope.call(device);
  return made;
}
