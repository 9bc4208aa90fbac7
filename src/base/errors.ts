/**
 * Every error that this project raises on purpose, in one file.
 *
 * Each kind has a fixed process exit code (docs/commands.md):
 * 1 bug · 2 usage · 4 diverged · 65 bad file · 66 no data ·
 * 69 no adapter, one that failed (lost, out of memory, wrong results), or another than a checkpoint's ·
 * 74 a file could not be written · 75 stopped by SIGTERM, or another process trains the unit · 130 Ctrl-C.
 */
export const exitCodes = {
  bug: 1,
  gpu: 1,
  usage: 2,
  diverged: 4,
  'bad-file': 65,
  'no-data': 66,
  'no-adapter': 69,
  'device-lost': 69,
  'out-of-memory': 69,
  'wrong-result': 69,
  'other-adapter': 69,
  'not-written': 74,
  terminated: 75,
  busy: 75,
  interrupted: 130,
} as const;

/** What kind of error it is: what a program decides by. */
export type ErrorKind = keyof typeof exitCodes;

/** What a person needs to act: what was found, what was expected instead, and what to do about it. */
export interface ErrorDetail {
  readonly found?: string | undefined;
  readonly expected?: string | undefined;
  readonly remedy?: string | undefined;
  readonly cause?: unknown;
}

/**
 * An error with a kind (and so an exit code) and, where they apply, what was found, expected, and the remedy.
 */
export class EngineError extends Error {
  readonly kind: ErrorKind;
  readonly found: string | undefined;
  readonly expected: string | undefined;
  readonly remedy: string | undefined;

  constructor(kind: ErrorKind, message: string, detail: ErrorDetail = {}) {
    super(message, detail.cause === undefined ? undefined : { cause: detail.cause });
    this.name = 'EngineError';
    this.kind = kind;
    this.found = detail.found;
    this.expected = detail.expected;
    this.remedy = detail.remedy;
  }

  get exitCode(): number {
    return exitCodes[this.kind];
  }

  /**
   * The message for a person: one line of what happened, then one line per known detail. Whatever text of
   * files stands in it, it cannot steer a terminal, and it has an end.
   */
  describe(): string {
    const lines = [this.message];
    if (this.found !== undefined) lines.push(`  found:    ${this.found}`);
    if (this.expected !== undefined) lines.push(`  expected: ${this.expected}`);
    if (this.remedy !== undefined) lines.push(`  remedy:   ${this.remedy}`);
    return lines.map(harmless).join('\n');
  }
}

const longestPart = 4000;

/** Escapes control characters but line feeds, halves of characters, and what turns the direction of text. */
function harmless(text: string): string {
  const whole = text.length > longestPart ? `${text.slice(0, longestPart)}...` : text;
  return whole.replace(
    /[^\n\P{Cc}]|\p{Cs}|[\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** Throws a `bug` error when a condition that the code itself guarantees does not hold. */
export function assert(condition: boolean, message: string): asserts condition {
  if (!condition)
    throw new EngineError('bug', message, { remedy: 'this is a bug in wgsl-train: please report it' });
}

/** The error for a value that an option cannot have. @param flag what it was given for */
export function refused(flag: string, text: string, expected: string, remedy?: string): EngineError {
  const message = `${flag} cannot be ${JSON.stringify(text)}`;
  return new EngineError('usage', message, { expected, ...(remedy !== undefined && { remedy }) });
}
