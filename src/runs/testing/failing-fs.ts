/** A file system that fails on request: calls of node:fs are listed, and chosen ones fail as real ones do. */
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { constants } from 'node:os';

/** The calls that something is written with. */
const watched = [
  'openSync',
  'writeFileSync',
  'fsyncSync',
  'closeSync',
  'renameSync',
  'rmSync',
  'mkdirSync',
  'truncateSync',
] as const;
export type FsCall = (typeof watched)[number];

export interface WatchedFs<T> {
  readonly result: T | undefined;
  /** What the body threw. */
  readonly error: unknown;
  /** In their order: the call and its first argument, for open files the path that they were opened with. */
  readonly calls: readonly { readonly call: FsCall; readonly path: string; readonly failed: boolean }[];
}

/** The name of the error that a call fails with, null to let it be. */
export type Failure = (call: {
  readonly call: FsCall;
  readonly path: string;
  readonly index: number;
}) => string | null;

type AnyFunction = (...args: unknown[]) => unknown;

/** Runs `body`, which must not wait for anything, on a file system that fails as asked for. */
export function withFailingFs<T>(fails: Failure, body: () => T): WatchedFs<T> {
  const real = fs as unknown as Record<FsCall, AnyFunction>;
  const originals = watched.map((call) => [call, real[call]] as const);
  const calls: { call: FsCall; path: string; failed: boolean }[] = [];
  const open = new Map<unknown, string>();
  // Calls of node:fs by itself are part of the call that made them.
  let depth = 0;
  for (const [call, original] of originals)
    real[call] = (...args) => {
      if (depth > 0) return original(...args);
      const path = open.get(args[0]) ?? String(args[0]);
      const code = fails({ call, path, index: calls.length });
      calls.push({ call, path, failed: code !== null });
      depth++;
      try {
        if (code !== null) {
          leaveHalf(call, args, original);
          throw systemError(code, call, path);
        }
        const result = original(...args);
        if (call === 'openSync') open.set(result, path);
        return result;
      } finally {
        if (call === 'closeSync') open.delete(args[0]);
        depth--;
      }
    };
  syncBuiltinESMExports();
  try {
    return { result: body(), error: undefined, calls };
  } catch (error) {
    return { result: undefined, error, calls };
  } finally {
    for (const [call, original] of originals) real[call] = original;
    syncBuiltinESMExports();
  }
}

/** What a failing call has done all the same: a full disk takes the first half, a descriptor is closed. */
function leaveHalf(call: FsCall, [target, content]: readonly unknown[], original: AnyFunction): void {
  if (call === 'closeSync') original(target);
  if (call !== 'writeFileSync') return;
  const bytes = typeof content === 'string' ? Buffer.from(content) : (content as Uint8Array);
  original(target, bytes.subarray(0, bytes.length >> 1));
}

function systemError(code: string, call: FsCall, path: string): Error {
  const syscall = call.replace(/(File)?Sync$/, '');
  const errno = -constants.errno[code as keyof typeof constants.errno];
  return Object.assign(new Error(`${code}: as injected, ${syscall} '${path}'`), {
    code,
    errno,
    syscall,
    path,
  });
}
