/** Where commands write what was asked for. */
import { accessSync, constants, existsSync, statSync, type Stats } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { EngineError } from '../base/errors.js';
import { notWritten, systemCode } from '../base/not-written.js';
import { makeDirectory, replaceFile as replaceRunFile } from '../runs/index.js';

const next = 'run the command again';

/**
 * Writes a file that was asked for, durably, and its directory.
 * @param then what the error tells people to do once its reason is gone
 * @throws EngineError `not-written`
 */
export function replaceFile(path: string, content: string | Uint8Array, then = next): void {
  makeDirectory(dirname(path), then);
  replaceRunFile(path, content, then);
}

/**
 * Refuses a directory that could not be made. Touches nothing.
 * @throws EngineError `usage`, `not-written` for a name that no file system takes
 */
export function checkOutputDirectory(
  directory: string,
  flag = '--out',
  remedy = `name another directory with ${flag}`,
): void {
  statOf(directory);
  let nearest = resolve(directory);
  while (!existsSync(nearest) && dirname(nearest) !== nearest) nearest = dirname(nearest);
  const refusal = (found: string): EngineError =>
    new EngineError('usage', `${flag} ${directory} cannot be written to`, {
      found,
      expected: 'a directory, or a path at which one can be made',
      remedy,
    });
  if (!statSync(nearest).isDirectory()) throw refusal(`${nearest} is a file`);
  try {
    accessSync(nearest, constants.W_OK);
  } catch {
    throw refusal(`no permission to write in ${nearest}`);
  }
}

/** As `checkOutputDirectory`, of a file. @param free whether none may be there, without --overwrite */
export function checkOutputFile(path: string, flag = '--out', free = false): void {
  checkOutputDirectory(dirname(path), flag);
  const found = statOf(path);
  if (found !== undefined && !found.isFile())
    throw new EngineError('usage', `${flag} ${path} cannot be written to`, {
      found: found.isDirectory() ? 'a directory' : 'no file',
      expected: 'a file that may be replaced, or a path at which one can be made',
      remedy: `name another file with ${flag}`,
    });
  if (found !== undefined && free)
    throw new EngineError('usage', `${flag} ${path} is there already`, {
      expected: 'a path at which nothing is yet',
      remedy: `name another file with ${flag}, or add --overwrite to replace it`,
    });
}

/** @throws EngineError `not-written` for a path that is too long, or that leads through links in a circle */
function statOf(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch (cause) {
    if (['ENAMETOOLONG', 'ELOOP'].includes(systemCode(cause) ?? '')) throw notWritten(path, cause, next);
    return undefined;
  }
}
