import type { FileHandle } from 'node:fs/promises';
import { EngineError } from '../base/errors.js';
import { byteCount } from '../base/bad-file.js';
import { unwritable } from './partial.js';

/** One HTTP transfer of a file of known size into an open file. */
export interface TransferRequest {
  readonly fetch: typeof fetch;
  readonly url: URL;
  /** The size of the whole file. */
  readonly bytes: number;
  readonly handle: FileHandle;
  /** Bytes that are already in it; the transfer asks for the rest. */
  readonly received: number;
  /** Time for name look-up, connection, redirects and the headers of the response together. */
  readonly connectTimeoutMs: number;
  /** Time without a single byte. */
  readonly stallTimeoutMs: number;
  /** On the clock of `performance.now()`; the transfer ends then, however well it goes. */
  readonly deadline: number;
  readonly maxRedirects: number;
  readonly signal: AbortSignal | undefined;
  /** Called when the body starts and after each piece of it, with the bytes of the file that are here. */
  readonly onBytes: (received: number) => void;
}

export interface TransferResult {
  /** Bytes of the file that are here now. */
  readonly received: number;
  /** Why it is not the whole file; `retry` if the same place may do better in a moment. */
  readonly failure?: { readonly reason: string; readonly retry: boolean };
}

/**
 * Fetches the rest of a file. Content is not judged here except for its length: never more than `bytes` are
 * written.
 * @throws EngineError `interrupted` when the signal aborts, `no-data` when the file cannot be written
 */
export async function transfer(request: TransferRequest): Promise<TransferResult> {
  const watchdog = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const allow = (milliseconds: number, reason: string): void => {
    clearTimeout(timer);
    const left = request.deadline - performance.now();
    const [time, why] = left < milliseconds ? [left, 'it took too long in all'] : [milliseconds, reason];
    timer = setTimeout(
      () => {
        watchdog.abort(new Error(why));
      },
      Math.max(0, time),
    );
  };
  const signals = request.signal === undefined ? [watchdog.signal] : [watchdog.signal, request.signal];
  const progress = { received: request.received, started: false };
  try {
    allow(request.connectTimeoutMs, `no answer within ${request.connectTimeoutMs / 1000} s`);
    const response = await follow(request, AbortSignal.any(signals));
    const refusal = await readResponse(request, response);
    if (refusal !== undefined) {
      await response.body?.cancel();
      return refusal;
    }
    if (response.status === 200) progress.received = await restart(request.handle);
    progress.started = true;
    const stalled = `nothing arrived for ${request.stallTimeoutMs / 1000} s`;
    const body: AsyncIterable<Uint8Array> | Iterable<Uint8Array> = response.body ?? [];
    request.onBytes(progress.received);
    allow(request.stallTimeoutMs, stalled);
    for await (const chunk of body) {
      if (progress.received + chunk.length > request.bytes)
        return failed(await restart(request.handle), `it sends more than ${byteCount(request.bytes)}`, false);
      await write(request.handle, chunk, progress.received);
      progress.received += chunk.length;
      request.onBytes(progress.received);
      allow(request.stallTimeoutMs, stalled);
    }
    if (progress.received === request.bytes) return { received: progress.received };
    return failed(progress.received, cutOff(progress.received, request.bytes), true);
  } catch (error) {
    if (error instanceof EngineError) throw error;
    if (request.signal?.aborted === true)
      throw new EngineError('interrupted', 'the download was interrupted', { cause: error });
    if (watchdog.signal.aborted)
      return failed(progress.received, (watchdog.signal.reason as Error).message, progress.started);
    return describeNetworkError(error, progress, request.bytes);
  } finally {
    clearTimeout(timer);
  }
}

/** Sends the request and follows redirects, bounded, to http(s) only and never from https down to http. */
async function follow(request: TransferRequest, signal: AbortSignal): Promise<Response> {
  let url = request.url;
  for (let hops = 0; ; hops++) {
    const headers: Record<string, string> = {
      // Without this, fetch would unpack what some servers call a gzip-encoded file.
      'accept-encoding': 'identity',
      'user-agent': 'wgsl-train',
    };
    // The content is pinned by its sha256, so a changed file is found without If-Range.
    if (request.received > 0) headers.range = `bytes=${request.received}-`;
    const response = await request.fetch(url, { redirect: 'manual', headers, signal });
    if (![301, 302, 303, 307, 308].includes(response.status)) return response;
    await response.body?.cancel();
    if (hops === request.maxRedirects) throw new Error(`more than ${request.maxRedirects} redirects`);
    const next = new URL(response.headers.get('location') ?? '', url);
    const allowed = url.protocol === 'https:' ? ['https:'] : ['http:', 'https:'];
    if (!allowed.includes(next.protocol))
      throw new Error(`a redirect from ${url.protocol} to ${next.protocol}`);
    url = next;
  }
}

/** Refuses a response that cannot be the file (or the rest of it), before its body is read. */
async function readResponse(
  request: TransferRequest,
  response: Response,
): Promise<TransferResult | undefined> {
  const { received, bytes, handle } = request;
  const { status, headers } = response;
  if (status === 416) return failed(await restart(handle), 'it cannot continue what is here', true);
  if (status !== 200 && !(status === 206 && received > 0)) {
    const retry = status === 408 || status === 429 || status >= 500;
    return failed(received, `HTTP ${status} for ${request.url.href}`, retry);
  }
  if (status === 206 && !isRest(headers.get('content-range'), received, bytes))
    return failed(
      await restart(handle),
      `it sends another part: ${headers.get('content-range') ?? '-'}`,
      true,
    );
  const encoding = headers.get('content-encoding') ?? 'identity';
  if (encoding !== 'identity') return failed(received, `it sends the file ${encoding}-encoded`, false);
  const type = headers.get('content-type') ?? 'no content type';
  if (type.startsWith('text/html')) return failed(received, `it sends a page (${type})`, false);
  const length = headers.get('content-length');
  const expected = status === 206 ? bytes - received : bytes;
  if (length !== null && Number(length) !== expected)
    return failed(received, `it offers ${length} bytes (${type}), not ${expected}`, false);
  return undefined;
}

function isRest(range: string | null, received: number, bytes: number): boolean {
  const match = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(range ?? '');
  return match !== null && Number(match[1]) === received && (match[2] === '*' || Number(match[2]) === bytes);
}

function failed(received: number, reason: string, retry: boolean): TransferResult {
  return { received, failure: { reason, retry } };
}

async function restart(handle: FileHandle): Promise<0> {
  try {
    await handle.truncate(0);
    return 0;
  } catch (cause) {
    throw unwritable('the download cache', cause);
  }
}

async function write(handle: FileHandle, chunk: Uint8Array, position: number): Promise<void> {
  try {
    for (let done = 0; done < chunk.length;) {
      const { bytesWritten } = await handle.write(chunk, done, chunk.length - done, position + done);
      done += bytesWritten;
    }
  } catch (cause) {
    throw unwritable('the download cache', cause);
  }
}

/** `fetch failed` says nothing, nor does `Request was cancelled`; what caused it does. */
function describeNetworkError(
  error: unknown,
  progress: { readonly received: number; readonly started: boolean },
  bytes: number,
): TransferResult {
  let cause = error;
  while (cause instanceof Error && cause.cause !== undefined) cause = cause.cause;
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  const message = cause instanceof Error && cause.message !== '' ? cause.message : code || String(cause);
  if (progress.started)
    return failed(progress.received, `${cutOff(progress.received, bytes)} (${message})`, true);
  // Refused, unknown or unreachable hosts do not change within seconds; a connection that broke may.
  return failed(progress.received, message, ['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET'].includes(code));
}

function cutOff(received: number, bytes: number): string {
  return `the connection ended after ${byteCount(received)} of ${byteCount(bytes)}`;
}
