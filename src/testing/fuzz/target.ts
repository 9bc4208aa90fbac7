import { EngineError, type ErrorKind } from '../../base/errors.js';
import type { Chance } from './chance.js';
import { mutateJson } from './json.js';

/**
 * A parser with what it takes to try it on mutated input. Input is bytes everywhere, so that a failure can be
 * shown.
 */
export interface Target {
  readonly name: string;
  /** Sound inputs, each of which the parser accepts. */
  readonly seeds: readonly Uint8Array[];
  readonly mutate: (chance: Chance) => Uint8Array;
  /**
   * Reads the input, and checks what was read as far as whoever uses it relies on it; a check that fails
   * throws an error of its own.
   */
  readonly read: (bytes: Uint8Array) => unknown;
  /** What a refusal may be. */
  readonly kinds: readonly ErrorKind[];
  /** False where what is sound may be refused for what is not in the input; true if left out. */
  readonly acceptsSeeds?: boolean;
  /**
   * Whether messages quote a command line, which is as long as its author made it; those about files are
   * bounded.
   */
  readonly quotesItsAuthor?: boolean;
  /**
   * Share of the usual slice, where each input costs more than most; 1 if left out. The long form is the same
   * for all.
   */
  readonly share?: number;
}

/** A target of JSON texts. */
export function jsonTarget(
  name: string,
  seeds: readonly string[],
  read: (text: string) => unknown,
  more: Pick<Target, 'kinds'> & Partial<Target>,
): Target {
  return {
    name,
    seeds: seeds.map((seed) => Buffer.from(seed)),
    mutate: (chance) => Buffer.from(mutateJson(chance.one(seeds), chance, seeds)),
    read: (bytes) => read(Buffer.from(bytes).toString('utf8')),
    ...more,
  };
}

/** Longer than this, a message about a file shows more of the file than anybody reads. */
const longestMessage = 10_000;

/** What is wrong with a refusal; null if it is a named error as people and programs can use it. */
export function faultOf(thrown: unknown, { kinds, quotesItsAuthor = false }: Target): string | null {
  if (!(thrown instanceof EngineError))
    return `it threw ${thrown instanceof Error ? thrown.stack : String(thrown)}`;
  const text = thrown.describe();
  if (!kinds.includes(thrown.kind)) return `an error of kind ${thrown.kind}: ${text}`;
  if (quotesItsAuthor) return null;
  if (text.length > longestMessage) return `a message of ${text.length} characters: ${text.slice(0, 200)}...`;
  // What a file holds must not steer a terminal, nor turn its text around.
  const control = /[^\n\P{Cc}]|[\u200e\u200f\u202a-\u202e\u2066-\u2069]/u.exec(text);
  if (control !== null) return `a message with a control character: ${JSON.stringify(text)}`;
  return null;
}

/** Fails a check of what was read. */
export function relyOn(holds: boolean, what: string): asserts holds {
  if (!holds) throw new Error(`it was read, but ${what}`);
}

/** For readers that follow a first one: null where they refuse by name what that took. */
export function orRefused<T>(action: () => T): T | null {
  try {
    return action();
  } catch (thrown) {
    if (thrown instanceof EngineError && thrown.kind !== 'bug') return null;
    throw thrown;
  }
}
