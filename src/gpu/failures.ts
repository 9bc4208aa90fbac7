/** What can go wrong on a device that is open, told so that a person can act. */
import { EngineError } from '../base/errors.js';
import { platform } from '../platform/index.js';

/** Counts of what a device holds, for memory reports, errors and leak tests. */
export interface BufferCount {
  readonly buffers: number;
  readonly bytes: number;
}

/** In the text of an error: below `found:`. */
const nextLine = '\n            ';

const reportRemedy = 'this is a bug in wgsl-train or in the driver: please report it with the text above';

/**
 * An error that the device reported beside the call that caused it. @param held what was on the device by
 * then
 */
export function reportedError(error: GPUError, held: BufferCount): EngineError {
  const [what, ...rest] = tidy(error.message).split('\n');
  // Which call it was, with the label of what it made. Places in Dawn's source follow, which help nobody.
  const where = rest.map((line) => line.trim().replace(/^- /, '')).filter((line) => !line.startsWith('at '));
  // By name, because not every implementation puts WebGPU's classes on `globalThis`.
  const { name } = error.constructor;
  if (name === 'GPUOutOfMemoryError') return outOfMemory([what!, ...where], held, error);
  const message =
    name === 'GPUValidationError' ? `the GPU refused a call: ${what!}` : `the GPU driver failed: ${what!}`;
  return new EngineError('gpu', message, {
    found: [...where, inUse(held)].join(nextLine),
    expected: 'a device that does without an error all that it is asked for',
    remedy: reportRemedy,
    cause: error,
  });
}

/** Drivers that run out of memory in the middle of a submit take the device with them. */
export function lossError({ reason, message }: GPUDeviceLostInfo, held: BufferCount): EngineError {
  const what = tidy(message).split('\n')[0]!;
  if (/out.?of.?(host.?|device.?)?memory/i.test(message)) return outOfMemory([what], held);
  return deviceLost('the GPU device was lost', `${what || 'no reason given'} (${reason})`);
}

/** The device is gone, or as good as gone. @param found what it said */
export function deviceLost(message: string, found: string, cause?: unknown): EngineError {
  return new EngineError('device-lost', message, {
    found,
    expected: 'a device that lasts until the end',
    remedy: platform.advice.deviceLost,
    cause,
  });
}

function inUse({ buffers, bytes }: BufferCount): string {
  return `${buffers} buffers with ${(bytes / 1e6).toFixed(1)} MB were held`;
}

function outOfMemory(what: readonly string[], held: BufferCount, cause?: unknown): EngineError {
  return new EngineError('out-of-memory', 'the memory of the GPU is full', {
    found: [...what, inUse(held)].join(nextLine),
    expected: 'room for the network, its batches and the data set',
    remedy: platform.advice.outOfMemory,
    cause,
  });
}

/**
 * What a rejected promise or a thrown value says, in one line; Dawn's bindings give some exceptions no
 * message.
 */
export function messageOf(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause);
  const [line = ''] = tidy(cause.message).split('\n');
  return line === '' ? cause.name : line;
}

/** Dawn's bindings say everything twice: the message, and again behind the type of the error. */
function tidy(message: string): string {
  return message.split(/\n\n(?:validation|out-of-memory|internal):\n/)[0]!.trim();
}
