/** What a check found, and how that is written. */
import { wrap } from '../../base/text.js';

export type Verdict = 'ok' | 'warning' | 'wrong';

export interface Check {
  /** One or two words. */
  readonly name: string;
  readonly verdict: Verdict;
  /** The evidence, in a line or several. */
  readonly found: readonly string[];
  /** What to do; given wherever something is wrong. */
  readonly remedy?: string;
  /** The same for programs. */
  readonly facts?: Readonly<Record<string, unknown>>;
}

/**
 * The facts of a check, and a check for each verdict on them.
 * @param found its evidence, in a line or several
 */
export function about(name: string, facts?: Check['facts']) {
  const judged =
    (verdict: Verdict) =>
    (found: string | readonly string[], remedy?: string): Check => ({
      name,
      verdict,
      found: typeof found === 'string' ? [found] : found,
      ...(remedy !== undefined && { remedy }),
      ...(facts !== undefined && { facts }),
    });
  return { ok: judged('ok'), warning: judged('warning'), wrong: judged('wrong') };
}

const columns = 80;
const verdictWidth = 9;
const nameWidth = 13;
const indent = ' '.repeat(verdictWidth + nameWidth);

/** A check as people read it, within 80 columns where its words allow. */
export function checkText({ name, verdict, found, remedy }: Check): string {
  const all = [...found, ...(remedy === undefined ? [] : [`remedy: ${remedy}`])];
  const lines = all.flatMap((text) => wrap(text, columns - indent.length).split('\n'));
  return verdict.padEnd(verdictWidth) + name.padEnd(nameWidth) + lines.join(`\n${indent}`);
}

/** `12.3 GB`, in powers of ten, as disks are sold. */
export function gigabytes(bytes: number): string {
  return bytes < 1e9 ? `${Math.round(bytes / 1e6)} MB` : `${(bytes / 1e9).toFixed(1)} GB`;
}
