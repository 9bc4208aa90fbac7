/** Which kernels have computed rightly before: a file per adapter, driver and version in the cache. */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import * as v from 'valibot';
import { list, oneOf, record, sha256Text, text } from '../base/schema.js';
import { tryReadJsonFile } from '../platform/json-file.js';
import { makeDirectory, replaceFile } from '../platform/replace-file.js';
import type { CheckedKernel } from '../check/self-check.js';

/**
 * What a check holds for: the adapter with its driver, the version of this program and of Dawn's bindings. In
 * JSON: another order of keys is another identity.
 */
export type CheckIdentity = Readonly<Record<string, unknown>>;

export interface PassedKernel extends CheckedKernel {
  readonly checked: string;
}

/** Of the file's layout; a file with another number counts as none. */
const format = 1;

/** Bytes that a file may have; a kernel takes some 150. */
const largestFile = 1 << 20;

export function selfCheckFile(directory: string, identity: CheckIdentity): string {
  const hash = createHash('sha256').update(JSON.stringify(identity)).digest('hex');
  return join(directory, 'self-check', `${hash.slice(0, 32)}.json`);
}

const fileSchema = record({
  format: oneOf([format]),
  identity: v.unknown(),
  passed: list(
    record({
      kernel: text(),
      sha256: sha256Text,
      checked: v.pipe(
        v.string(),
        v.check((at) => !Number.isNaN(Date.parse(at))),
      ),
    }),
  ),
});

/**
 * The kernels that passed, by their sha256. Empty where there is no file, or one that is damaged or tells of
 * something else: the check then runs again, and writes the file anew.
 */
export function readPassed(directory: string, identity: CheckIdentity): ReadonlyMap<string, PassedKernel> {
  const content = tryReadJsonFile(fileSchema, selfCheckFile(directory, identity), largestFile);
  const isOurs = JSON.stringify(content?.identity) === JSON.stringify(identity);
  return new Map(isOurs ? content?.passed.map((kernel) => [kernel.sha256, kernel]) : []);
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
