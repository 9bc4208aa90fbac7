import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { EngineError } from '../base/errors.js';
import { byteCount } from '../base/bad-file.js';
import { platform } from '../platform/index.js';
import type { Environment } from './cache.js';
import { openPartial, publishPartial, releasePartial, unwritable, type PartialFile } from './partial.js';
import { fetchOver } from './proxy.js';
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
  /** What names a proxy: see proxy.ts. None if left out. */
  readonly env?: Environment | undefined;
  readonly limits?: Partial<DownloadLimits> | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: DownloadProgress) => void) | undefined;
}

/** A download under way. */
interface Download {
  readonly file: RemoteFile;
  readonly options: DownloadOptions;
  readonly limits: DownloadLimits;
  readonly fetch: typeof fetch;
  readonly partial: PartialFile;
  /** On the clock of `performance.now()`. */
  readonly start: number;
  received: number;
  firstByte: boolean;
  /** The mirrors not given up yet share the time that is left until a first byte must have come. */
  mirrorsLeft: number;
}

/**
 * Downloads one file and puts it in place only when its size and sha256 are right.
 *
 * Mirrors are tried in turn. A transfer that breaks is continued, also by a later call or another process.
 * Two processes may fetch the same file at once: each writes its own partial file and both put the same
 * content in place.
 *
 * @returns the content, as it was verified
 * @throws EngineError `no-data` with the reason of every mirror, or `interrupted`
 */
export async function downloadFile(file: RemoteFile, options: DownloadOptions): Promise<Uint8Array> {
  const { directory, mirrors, env = {} } = options;
  const fetch = await fetchOver(env);
  const partial = await openPartial(directory, file.name);
  const download: Download = {
    file,
    options,
    limits: { ...downloadLimits, ...options.limits },
    fetch,
    partial,
    start: performance.now(),
    received: partial.received,
    firstByte: false,
    mirrorsLeft: mirrors.length,
  };
  const reasons: string[] = [];
  try {
    for (const mirror of mirrors) {
      const url = new URL(file.name, mirror.endsWith('/') ? mirror : `${mirror}/`);
      const answer = await fromMirror(download, url);
      download.mirrorsLeft--;
      if (typeof answer !== 'string') {
        await publishPartial(partial);
        return answer;
      }
      const reason = `${url.host}: ${answer}`;
      // One host over https and over http has one reason.
      if (!reasons.includes(reason)) reasons.push(reason);
    }
    throw new EngineError('no-data', `${file.name} could not be downloaded`, {
      found: reasons.length === 0 ? 'no mirror to ask' : reasons.join('\n            '),
      expected: `${byteCount(file.bytes)} with sha256 ${file.sha256}`,
      remedy: 'check the network and try again: what has arrived is kept and continued',
    });
  } catch (error) {
    await releasePartial(partial, download.received);
    throw error;
  }
}

/** Tries one mirror. @returns the content, or why the mirror does not give it */
async function fromMirror(download: Download, url: URL): Promise<Uint8Array | string> {
  const { file, limits, options, partial } = download;
  let reason = '';
  for (let attempt = 0; attempt < limits.attempts; attempt++) {
    if (attempt > 0) await pause(limits.pauseMs * 2 ** (attempt - 1), options.signal);
    if (routeTimeLeft(download) <= 0)
      return reason || `not asked: nothing came from any mirror within ${limits.routeTimeoutMs / 1000} s`;
    const continued = download.received > 0;
    const { received, failure } = await fetchRest(download, url);
    download.received = received;
    if (failure !== undefined) {
      reason = failure.reason;
      if (!failure.retry) break;
      continue;
    }
    const content = await readFile(partial.path);
    const found = platform.sha256(content);
    if (content.length === file.bytes && found === file.sha256) return content;
    await discard(download);
    reason = `the content has another sha256 (${found.slice(0, 16)}...)`;
    // If the start came from elsewhere, this mirror may still have the right file.
    if (!continued) break;
  }
  return reason;
}

async function fetchRest(download: Download, url: URL): Promise<TransferResult> {
  const { file, limits, options, partial, start } = download;
  if (download.received > file.bytes) await discard(download);
  if (download.received === file.bytes) return { received: download.received };
  const report = progressReporter(url.host, file, options.onProgress);
  return transfer({
    fetch: download.fetch,
    url,
    bytes: file.bytes,
    handle: partial.handle,
    received: download.received,
    connectTimeoutMs: Math.ceil(
      Math.min(limits.connectTimeoutMs, routeTimeLeft(download) / download.mirrorsLeft),
    ),
    stallTimeoutMs: limits.stallTimeoutMs,
    deadline: start + limits.totalTimeoutMs,
    maxRedirects: limits.maxRedirects,
    signal: options.signal,
    onBytes: (received) => {
      download.firstByte = true;
      download.received = received;
      report(received);
    },
  });
}

function routeTimeLeft({ limits, start, firstByte }: Download): number {
  return firstByte ? Infinity : start + limits.routeTimeoutMs - performance.now();
}

/** Empties the partial file: what is in it is not the beginning of the file. */
async function discard(download: Download): Promise<void> {
  try {
    await download.partial.handle.truncate(0);
  } catch (cause) {
    throw unwritable(download.options.directory, cause);
  }
  download.received = 0;
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
