/** Which kernels have computed rightly on an adapter before: small files in the cache directory, one per adapter, driver and version. */
import { createHash } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { makeDirectory, replaceFile } from '../runs/replace-file.js';
import type { CheckedKernel } from '../check/self-check.js';

/**
 * What a check holds for: the adapter with its driver, the version of this program and of Dawn's bindings. In JSON: another order of keys
 * is another identity.
 */
export type CheckIdentity = Readonly<Record<string, unknown>>;

/** A kernel that computed rightly. */
export interface PassedKernel extends CheckedKernel {
  /** When, as an ISO date and time. */
  readonly checked: string;
}

/** Of the file's layout; a file with another number counts as none. */
const format = 1;

/** Bytes that a file may have; a kernel takes some 150. */
const largestFile = 1 << 20;

/** Where an identity's file lies. */
export function selfCheckFile(directory: string, identity: CheckIdentity): string {
  const hash = createHash('sha256').update(JSON.stringify(identity)).digest('hex');
  return join(directory, 'self-check', `${hash.slice(0, 32)}.json`);
}

/** The kernels that passed, by their sha256. Empty where there is no file, or one that is damaged or tells of something else. */
export function readPassed(directory: string, identity: CheckIdentity): ReadonlyMap<string, PassedKernel> {
  try {
    const file = selfCheckFile(directory, identity);
    if (statSync(file).size > largestFile) return new Map();
    const content: unknown = JSON.parse(readFileSync(file, 'utf8'));
    if (!isRecord(content) || content.format !== format) return new Map();
    if (JSON.stringify(content.identity) !== JSON.stringify(identity)) return new Map();
    if (!Array.isArray(content.passed) || !content.passed.every(isPassed)) return new Map();
    return new Map(content.passed.map((kernel) => [kernel.sha256, kernel]));
  } catch {
    // The check then runs again, and writes the file anew.
    return new Map();
  }
}

/** Adds kernels to those that passed. What cannot be written is checked again the next time: no error. */
export function writePassed(
  directory: string,
  identity: CheckIdentity,
  kernels: readonly CheckedKernel[],
  checked: string,
): void {
  const passed = new Map(readPassed(directory, identity));
  for (const { kernel, sha256 } of kernels) passed.set(sha256, { kernel, sha256, checked });
  const text = JSON.stringify({ format, identity, passed: [...passed.values()] }, null, 2);
  try {
    makeDirectory(join(directory, 'self-check'));
    replaceFile(selfCheckFile(directory, identity), `${text}\n`);
  } catch {
    // A read-only home, a full disk: whoever trains there learns it from the run's own files.
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isPassed(value: unknown): value is PassedKernel {
  if (!isRecord(value)) return false;
  const { kernel, sha256, checked } = value;
  const isText = typeof kernel === 'string' && typeof sha256 === 'string' && typeof checked === 'string';
  return isText && /^[0-9a-f]{64}$/.test(sha256) && !Number.isNaN(Date.parse(checked));
}
