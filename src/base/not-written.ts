/** Errors about files that cannot be written, for everything that writes some. */
import { EngineError } from './errors.js';

/** What can be done, by the system's name of the error. */
const remedies: Readonly<Record<string, string>> = {
  ENOSPC: 'free space on its file system',
  EDQUOT: 'free space: a quota is used up',
  EFBIG: 'raise the limit of file sizes (ulimit -f)',
  EACCES: 'permit this user to write there, or name another place',
  EPERM: 'permit this user to write there, or name another place',
  EROFS: 'make its file system writable, or name another place',
  ENOTDIR: 'make way: a part of its path is a file',
  ENOENT: 'bring back its directory',
  EEXIST: 'make way: something else has its name',
  EISDIR: 'make way: a directory has its name',
  ENOTEMPTY: 'make way: a directory has its name',
  ENAMETOOLONG: 'name a shorter path',
  ELOOP: 'make way: a part of its path is a link to itself',
  EMFILE: 'raise the limit of open files (ulimit -n)',
  ENFILE: 'end programs that hold many files open',
  EIO: 'check the disk',
};

/**
 * What a failed file system call becomes: a `not-written` error that names the file, the system's reason and
 * what to do. Errors of this project and what does not come from the system are passed on as they are.
 * @param next what to do once the remedy was applied
 */
export function notWritten(file: string, cause: unknown, next = 'run the command again'): unknown {
  const code = systemCode(cause);
  if (code === null || !(cause instanceof Error)) return cause;
  return new EngineError('not-written', `${file} could not be written`, {
    found: cause.message,
    remedy: `${remedies[code] ?? 'see to what the system says'}, then ${next}`,
    cause,
  });
}

/** The system's name of an error, such as ENOSPC; null for errors that no system call made. */
export function systemCode(error: unknown): string | null {
  if (!(error instanceof Error) || error instanceof EngineError) return null;
  const { code, errno } = error as NodeJS.ErrnoException;
  return code !== undefined && errno !== undefined ? code : null;
}
