/**
 * Tries a parser on mutated inputs, one after the other, and says all that is needed to try one of them
 * again.
 */
import { setImmediate as breathe, setTimeout as sleep } from 'node:timers/promises';
import { Chance } from './chance.js';
import { faultOf, type Target } from './target.js';
import { watchFor } from './watchdog.js';

/**
 * No input may take longer, in ms of processor time: others on the machine do not count. Collecting garbage
 * does, so that only an input which takes so long three times in a row is one.
 */
const usualSlowest = 1000;

/**
 * By this much the process may grow while a parser is tried, at its peak, in bytes; the garbage of JavaScript
 * is most of it.
 */
const mostGrowth = 2 ** 29;

export interface FuzzFigures {
  readonly parser: string;
  readonly inputs: number;
  readonly accepted: number;
  readonly refused: number;
  /** The longest single input, in ms of processor time. */
  readonly longest: number;
  /** By how much the peak of the process's memory grew, in MiB. */
  readonly growth: number;
}

export interface FuzzOptions {
  /** Of the mutations. */
  readonly seed: number;
  /** The number of the first input. */
  readonly from?: number;
  readonly count: number;
  /** What an input may take, in ms of processor time. */
  readonly slowest?: number;
}

/**
 * @throws Error naming (parser, seed, index) and the input itself, for the first that is neither accepted nor
 *   refused by name
 */
export async function fuzz(
  target: Target,
  { seed, from = 0, count, slowest = usualSlowest }: FuzzOptions,
): Promise<FuzzFigures> {
  const dog = watchFor(target.name);
  const before = peakMemory();
  let accepted = 0;
  let longest = 0;
  try {
    for (let index = from; index < from + count; index++) {
      const bytes = inputOf(target, seed, index);
      const fail = (why: string): Error => new Error(report(target, seed, index, bytes, why));
      dog.at(`seed ${seed}, index ${index}`);
      const first = await tryOn(target, bytes);
      let { fault, took } = first;
      for (let again = 0; fault === null && took > slowest && again < 2; again++)
        took = Math.min(took, (await tryOn(target, bytes)).took);
      if (took > slowest) fault ??= `it took ${Math.round(took)} ms`;
      const grown = peakMemory() - before;
      if (grown > mostGrowth) fault ??= `the process grew by ${Math.round(grown / 2 ** 20)} MiB`;
      if (fault !== null) throw fail(fault);
      if (first.wasAccepted) accepted++;
      longest = Math.max(longest, took);
      // Whoever waits for this process to answer must not take it for dead.
      if (index % 500 === 0) await breathe();
    }
  } finally {
    await dog.leave();
  }
  const growth = Math.round((peakMemory() - before) / 2 ** 20);
  return { parser: target.name, inputs: count, accepted, refused: count - accepted, longest, growth };
}

/** The input of a number; the same one whenever and wherever it is asked for. */
export function inputOf(target: Target, seed: number, index: number): Uint8Array {
  return target.mutate(new Chance(target.name, seed, index));
}

interface Attempt {
  readonly wasAccepted: boolean;
  readonly fault: string | null;
  readonly took: number;
}

async function tryOn(target: Target, bytes: Uint8Array): Promise<Attempt> {
  const start = process.cpuUsage();
  const took = (): number => {
    const { user, system } = process.cpuUsage(start);
    return (user + system) / 1000;
  };
  try {
    const read = target.read(bytes);
    if (read instanceof Promise) await inTime(read);
    return { wasAccepted: true, fault: null, took: took() };
  } catch (thrown) {
    // Before the message is judged, which is no work of the parser's.
    const time = took();
    return { wasAccepted: false, fault: faultOf(thrown, target), took: time };
  }
}

/** A promise that is never kept would be waited for for ever. */
async function inTime(work: Promise<unknown>): Promise<void> {
  const end = new AbortController();
  const late = sleep(30_000, undefined, { signal: end.signal }).then(() => {
    throw new Error('nothing came of it within 30 s');
  });
  try {
    await Promise.race([work, late]);
  } finally {
    end.abort();
    late.catch(() => undefined);
  }
}

/** The most memory that this process ever had, in bytes. */
export function peakMemory(): number {
  return process.resourceUsage().maxRSS * 1024;
}

function report({ name }: Target, seed: number, index: number, bytes: Uint8Array, why: string): string {
  const shown = Buffer.from(bytes.subarray(0, 3000)).toString('base64');
  const more = bytes.length > 3000 ? ` ... (${bytes.length} bytes)` : '';
  return [
    `${name}, seed ${seed}, index ${index}: ${why}`,
    `again: FUZZ="${name}:${seed}:${index}" npx vitest run fuzz.test`,
    `input (base64): ${shown}${more}`,
  ].join('\n');
}
