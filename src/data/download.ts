import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { EngineError } from '../base/errors.js';
import { byteCount } from '../base/bad-file.js';
import { sha256 } from './digest.js';
import { openPartial, publishPartial, releasePartial, unwritable, type PartialFile } from './partial.js';
import { transfer, type TransferResult } from './transfer.js';

/** A file that is known by its content. */
export interface RemoteFile {
  readonly name: string;
  readonly bytes: number;
  /** Lower-case hexadecimal. */
  readonly sha256: string;
}

/** Reported while a file arrives, at most ten times per second, and once when all of it is here. */
export interface DownloadProgress {
  readonly file: string;
  /** Bytes of the file that are here, and that it will have. */
  readonly received: number;
  readonly total: number;
  /** The host that it comes from. */
  readonly host: string;
}

/** How long a download may take before it is given up; milliseconds. */
export interface DownloadLimits {
  /** From the request to the headers of the response, redirects included. */
  readonly connectTimeoutMs: number;
  /** Until the first byte has come from any of the mirrors. */
  readonly routeTimeoutMs: number;
  /** Without a single byte. */
  readonly stallTimeoutMs: number;
  /** For one file in all. */
  readonly totalTimeoutMs: number;
  /** Transfers from one mirror, each of which continues where the one before ended. */
  readonly attempts: number;
  /** Before the second transfer from a mirror; doubled before each further one. */
  readonly pauseMs: number;
  readonly maxRedirects: number;
}

export const downloadLimits: DownloadLimits = {
  connectTimeoutMs: 15_000,
  routeTimeoutMs: 60_000,
  stallTimeoutMs: 20_000,
  totalTimeoutMs: 30 * 60_000,
  attempts: 4,
  pauseMs: 250,
  maxRedirects: 5,
};

export interface DownloadOptions {
  /** Where the file is put, under its own name; made if it is missing. */
  readonly directory: string;
  /** URLs of directories that hold the file, in the order in which they are tried. */
  readonly mirrors: readonly string[];
  readonly limits?: Partial<DownloadLimits>;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: DownloadProgress) => void) | undefined;
}

/**
 * Downloads one file and puts it in place only when its size and sha256 are right.
 *
 * Mirrors are tried in turn. A transfer that breaks is continued, also by a later call or another process. Two
 * processes may fetch the same file at once: each writes its own partial file and both put the same content in place.
 *
 * @returns the content, as it was verified
 * @throws EngineError `no-data` with the reason of every mirror, or `interrupted`
 */
export async function downloadFile(file: RemoteFile, options: DownloadOptions): Promise<Uint8Array> {
  const limits = { ...downloadLimits, ...options.limits };
  const partial = await openPartial(options.directory, file.name);
  const state: State = {
    partial,
    received: partial.received,
    firstByte: false,
    start: performance.now(),
    mirrorsLeft: options.mirrors.length,
  };
  const reasons: string[] = [];
  try {
    for (const mirror of options.mirrors) {
      const content = await fromMirror(mirror, file, options, limits, state, reasons);
      state.mirrorsLeft--;
      if (content === undefined) continue;
      await publishPartial(partial, options.directory, file.name);
      return content;
    }
  } catch (error) {
    await releasePartial(partial, state.received, options.directory, file.name);
    throw error;
  }
  await releasePartial(partial, state.received, options.directory, file.name);
  throw new EngineError('no-data', `${file.name} could not be downloaded`, {
    found: reasons.length === 0 ? 'no mirror to ask' : reasons.join('\n            '),
    expected: `${byteCount(file.bytes)} with sha256 ${file.sha256}`,
    remedy: 'check the network and try again: what has arrived is kept and continued',
  });
}

/** What is known while the mirrors are tried. */
interface State {
  readonly partial: PartialFile;
  /** On the clock of `performance.now()`. */
  readonly start: number;
  received: number;
  firstByte: boolean;
  /** The mirrors not given up yet share the time that is left until a first byte must have come. */
  mirrorsLeft: number;
}

/** Tries one mirror; undefined if it does not have the file, with the reasons added to `reasons`. */
async function fromMirror(
  mirror: string,
  file: RemoteFile,
  options: DownloadOptions,
  limits: DownloadLimits,
  state: State,
  reasons: string[],
): Promise<Uint8Array | undefined> {
  const url = new URL(file.name, mirror.endsWith('/') ? mirror : `${mirror}/`);
  let reason = '';
  for (let attempt = 0; attempt < limits.attempts; attempt++) {
    if (attempt > 0) await pause(limits.pauseMs * 2 ** (attempt - 1), options.signal);
    if (routeTimeLeft(limits, state) <= 0) {
      reason = reason || `not asked: nothing came from any mirror within ${limits.routeTimeoutMs / 1000} s`;
      break;
    }
    const continued = state.received > 0;
    const { received, failure } = await fetchRest(url, file, options, limits, state);
    state.received = received;
    if (failure === undefined) {
      const content = await readFile(state.partial.path);
      if (content.length === file.bytes && sha256(content) === file.sha256) return content;
      await discard(state, options.directory);
      reason = `the content has another sha256 (${sha256(content).slice(0, 16)}...)`;
      // If the start came from elsewhere, this mirror may still have the right file.
      if (!continued) break;
    } else {
      reason = failure.reason;
      if (!failure.retry) break;
    }
  }
  reasons.push(`${url.host}: ${reason}`);
  return undefined;
}

async function fetchRest(
  url: URL,
  file: RemoteFile,
  options: DownloadOptions,
  limits: DownloadLimits,
  state: State,
): Promise<TransferResult> {
  if (state.received > file.bytes) await discard(state, options.directory);
  if (state.received === file.bytes) return { received: state.received };
  const report = progressReporter(url.host, file, options.onProgress);
  return transfer({
    url,
    bytes: file.bytes,
    handle: state.partial.handle,
    received: state.received,
    connectTimeoutMs: Math.ceil(
      Math.min(limits.connectTimeoutMs, routeTimeLeft(limits, state) / state.mirrorsLeft),
    ),
    stallTimeoutMs: limits.stallTimeoutMs,
    deadline: state.start + limits.totalTimeoutMs,
    maxRedirects: limits.maxRedirects,
    signal: options.signal,
    onBytes: (received) => {
      state.firstByte = true;
      state.received = received;
      report(received);
    },
  });
}

function routeTimeLeft(limits: DownloadLimits, state: State): number {
  return state.firstByte ? Infinity : state.start + limits.routeTimeoutMs - performance.now();
}

/** Empties the partial file: what is in it is not the beginning of the file. */
async function discard(state: State, directory: string): Promise<void> {
  try {
    await state.partial.handle.truncate(0);
  } catch (cause) {
    throw unwritable(directory, cause);
  }
  state.received = 0;
}

function progressReporter(
  host: string,
  file: RemoteFile,
  onProgress: ((progress: DownloadProgress) => void) | undefined,
): (received: number) => void {
  let last = -Infinity;
  return (received) => {
    const now = performance.now();
    if (received < file.bytes && now - last < 100) return;
    last = now;
    onProgress?.({ file: file.name, received, total: file.bytes, host });
  };
}

async function pause(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  try {
    await sleep(milliseconds, undefined, signal === undefined ? {} : { signal });
  } catch (cause) {
    throw new EngineError('interrupted', 'the download was interrupted', { cause });
  }
}
