/** Errors about files, for everything that reads some. */
import { EngineError } from './errors.js';

const fetchAgain = 'replace the file by a sound copy from where it came';

/**
 * An error about the content of a file: `FILE: WHAT`, what was found there, what was expected, what to do.
 */
export function badFile(
  file: string,
  what: string,
  detail: {
    readonly found: string;
    readonly expected: string;
    readonly remedy?: string;
    readonly cause?: unknown;
  },
): EngineError {
  return new EngineError('bad-file', `${file}: ${what}`, { remedy: fetchAgain, ...detail });
}

/** Up to eight bytes as hexadecimal, for messages about signatures. */
export function hex(bytes: Uint8Array): string {
  const shown = Array.from(bytes.subarray(0, 8), (byte) => byte.toString(16).padStart(2, '0')).join(' ');
  return shown === '' ? 'nothing' : shown;
}

/** `12,345 bytes`, the same in every locale. */
export function byteCount(count: number): string {
  return `${count.toLocaleString('en-US')} ${count === 1 ? 'byte' : 'bytes'}`;
}

/** Passes errors of this project on; anything else a file system call threw becomes a `no-data` error. */
export function unreadable(file: string, cause: unknown): EngineError {
  if (cause instanceof EngineError) return cause;
  return new EngineError('no-data', `${file} cannot be read`, {
    found: cause instanceof Error ? cause.message : String(cause),
    expected: 'a readable file',
    remedy: 'check the path and the permissions',
    cause,
  });
}

/** Text out of a file as a message can show it: all but plain ASCII, such as control codes, is escaped. */
export function printable(text: string): string {
  return text.replaceAll(
    /[^\x20-\x7e]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

const longestExcerpt = 120;

/** The start of a text out of a file, as `printable` shows it: enough to know it again. */
export function excerpt(text: string): string {
  const start = printable(text.slice(0, longestExcerpt));
  return text.length > longestExcerpt ? `${start}...` : start;
}

/** Why something failed, in the words of the code that threw it, which may quote the file. */
export function reasonOf(cause: unknown): string {
  return excerpt(cause instanceof Error ? cause.message : String(cause));
}

/** A value, as JSON where it has a text there, at most 80 characters of it. */
export function shown(value: unknown): string {
  const text = printable(jsonOf(value));
  return text.length > 80 ? `${text.slice(0, 80)}...` : text;
}

function jsonOf(value: unknown): string {
  if (value === undefined) return 'nothing';
  // JSON writes NaN as null, and has no text for functions and symbols.
  if (typeof value === 'number' || typeof value === 'bigint') return String(value);
  if (typeof value === 'symbol' || typeof value === 'function') return `a ${typeof value}`;
  try {
    return JSON.stringify(typeof value === 'string' ? value.slice(0, longestExcerpt) : value);
  } catch (cause) {
    // `JSON.parse` takes lists in lists of any depth, `JSON.stringify` does not.
    if (!(cause instanceof RangeError)) throw cause;
    return Array.isArray(value)
      ? `a list of ${value.length}, nested too deeply`
      : 'an object, nested too deeply';
  }
}
