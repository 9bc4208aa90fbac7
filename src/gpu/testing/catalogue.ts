/** Which faults there are to be had in a piece of work, and how each must end. */
import { exitCodes, type ErrorKind } from '../../base/errors.js';
import { invalidCalls, type Site } from './calls.js';
import type { Call, Fault, FaultKind } from './faulty-webgpu.js';

/** Up to `most` of the numbers below `count`, evenly spread, with the first and, of several, the last. */
export function spread(count: number, most: number): number[] {
  if (most === 1) return count === 0 ? [] : [0];
  if (count <= most) return Array.from({ length: count }, (_, index) => index);
  return Array.from({ length: most }, (_, index) => Math.round((index * (count - 1)) / (most - 1)));
}

/** Sites whose promise the engine awaits. */
const awaited: readonly Site[] = [
  'getCompilationInfo',
  'popErrorScope',
  'createComputePipelineAsync',
  'mapAsync',
  'onSubmittedWorkDone',
];

/** Where, beside `invalid` at every site that can be, each kind of fault is put. */
const placed: Readonly<Partial<Record<FaultKind, readonly Site[]>>> = {
  'out-of-memory': ['createBuffer', 'writeBuffer', 'createBindGroup', 'createComputePipelineAsync', 'submit'],
  internal: ['createBuffer', 'createComputePipelineAsync', 'submit'],
  'lost-before': [
    'createBuffer',
    'createShaderModule',
    'writeBuffer',
    'beginComputePass',
    'submit',
    'mapAsync',
    'getMappedRange',
  ],
  'lost-after': ['createBuffer', 'createComputePipelineAsync', 'createBindGroup', 'submit', 'mapAsync'],
  'lost-later': ['createComputePipelineAsync', 'submit', 'mapAsync'],
  'lost-pending': awaited,
  rejected: awaited,
};

/** Every buffer and every kernel has these, in the usual run, too. */
const kernelFaults = [
  { kind: 'invalid', site: 'createShaderModule' },
  { kind: 'invalid', site: 'createComputePipelineAsync' },
  { kind: 'rejected', site: 'createComputePipelineAsync' },
] as const;
const always = [{ kind: 'out-of-memory', site: 'createBuffer' }, ...kernelFaults] as const;

/**
 * Here a fault has so many times the occasions of others: what a training does changes most from one to the
 * next.
 */
const phases: readonly Site[] = ['submit', 'mapAsync'];
const oftener = 3;

/**
 * The faults of a piece of work.
 * @param calls what it asks of WebGPU when nothing goes wrong
 * @param most at so many calls of a site, evenly spread, where not at every one
 */
export function faultsOf(calls: readonly Call[], most: number): Fault[] {
  return [
    ...(Object.keys(invalidCalls) as Site[]).map((site) => ({ kind: 'invalid' as const, site })),
    ...(Object.entries(placed) as [FaultKind, readonly Site[]][]).flatMap(([kind, sites]) =>
      sites.map((site) => ({ kind, site })),
    ),
  ].flatMap(({ kind, site }) => {
    if (always.some((each) => each.kind === kind && each.site === site))
      return at(calls, kind, site, Infinity);
    return at(calls, kind, site, phases.includes(site) ? oftener * most : most);
  });
}

/**
 * The faults of work that asks for more or less as time goes by: only its first call of each site is sure to
 * be made.
 * @param buffers so many of them, at most, are made in any case
 */
export function firstFaultsOf(calls: readonly Call[], buffers: number): Fault[] {
  const first = faultsOf(calls, 1).filter(({ nth }) => nth === 0);
  const made = calls.filter(({ site }) => site === 'createBuffer').length;
  const later = spread(Math.min(buffers, made), Infinity).slice(1);
  return [
    ...first,
    ...later.map((nth) => ({ kind: 'out-of-memory' as const, site: 'createBuffer' as const, nth })),
  ];
}

/** The faults that each kernel of a piece of work can have before it runs. */
export function kernelFaultsOf(calls: readonly Call[]): Fault[] {
  return kernelFaults.flatMap(({ kind, site }) => at(calls, kind, site, Infinity));
}

function at(calls: readonly Call[], kind: FaultKind, site: Site, most: number): Fault[] {
  const count = calls.filter((call) => call.site === site).length;
  // Lost behind its last readback a device has done all that was asked of it.
  const isTooLate = (nth: number): boolean => kind === 'lost-later' && nth === count - 1;
  return spread(count, most)
    .filter((nth) => !isTooLate(nth))
    .map((nth) => ({ kind, site, nth }));
}

/** The faults of getting a device at all. */
export const startFaults: readonly Fault[] = [
  { kind: 'thrown', site: 'create', nth: 0 },
  { kind: 'missing', site: 'requestAdapter', nth: 0 },
  { kind: 'thrown', site: 'requestAdapter', nth: 0 },
  { kind: 'rejected', site: 'requestAdapter', nth: 0 },
  { kind: 'rejected', site: 'requestDevice', nth: 0 },
  { kind: 'thrown', site: 'requestDevice', nth: 0 },
  { kind: 'lost-after', site: 'requestDevice', nth: 0 },
];

/** What a fault must come to. */
export interface Ending {
  readonly kind: ErrorKind;
  readonly exitCode: number;
  readonly message: RegExp;
  readonly remedy: RegExp;
}

/** How a fault must end. @param label of what the call made or worked on */
export function endingOf({ kind, site }: Fault, label: string): Ending {
  const kernel = site === 'popErrorScope' ? '.+' : label.replaceAll('.', '\\.');
  const ending = (error: ErrorKind, message: string, remedy: RegExp): Ending => ({
    kind: error,
    exitCode: exitCodes[error],
    message: new RegExp(message),
    remedy,
  });
  const lost = (message: string): Ending => ending('device-lost', message, /--resume.*log of the driver/);
  const report = /please report/;
  switch (kind) {
    case 'missing':
    case 'thrown':
      return ending(
        'no-adapter',
        site === 'requestDevice' ? 'gave no device' : 'no WebGPU adapter',
        /driver/,
      );
    case 'out-of-memory':
      return ending(
        'out-of-memory',
        '^the memory of the GPU is full$',
        /fewer seeds.*--batch-size.*--hidden/,
      );
    case 'internal':
      return ending('gpu', '^the GPU driver failed: ', report);
    case 'lost-before':
    case 'lost-after':
    case 'lost-later':
    case 'lost-pending':
      return lost('^the GPU device was lost$');
    case 'rejected':
      if (site === 'requestAdapter') return ending('no-adapter', 'no WebGPU adapter', /driver/);
      if (site === 'requestDevice') return ending('no-adapter', 'gave no device', /driver.*--adapter/);
      if (site === 'mapAsync') return lost('^reading results back from the GPU failed$');
      if (site === 'onSubmittedWorkDone') return lost('^waiting for the GPU failed$');
      return ending('gpu', `^kernel ${kernel} could not be made into a pipeline$`, report);
    case 'invalid':
      if (site === 'createShaderModule') return ending('gpu', `^kernel ${kernel} does not compile$`, report);
      if (site === 'createComputePipelineAsync')
        return ending('gpu', `^kernel ${kernel} could not be made into a pipeline$`, report);
      if (site === 'getMappedRange') return lost('^reading results back from the GPU failed$');
      return ending('gpu', '^the GPU refused a call: ', report);
  }
}
