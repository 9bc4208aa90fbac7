/** What a request may ask for. The server only reads, and only for this machine. */
import type { IncomingMessage } from 'node:http';

/** Why a request is not served: an HTTP status and a reason, thrown by what finds out. */
export class Refusal extends Error {
  constructor(
    readonly status: 400 | 403 | 404 | 405 | 503,
    reason: string,
  ) {
    super(reason);
  }
}

/** A page elsewhere can lead a browser here under a name of its own (DNS rebinding): it is refused. */
const localHosts: ReadonlySet<string> = new Set(['127.0.0.1', 'localhost', '[::1]']);

const longestPath = 4096;

/**
 * The parts of a request's path, decoded; nothing was looked for yet.
 * @throws Refusal if it comes from elsewhere, would change something or has no path
 */
export function partsOf({
  method,
  headersDistinct: { host: hosts = [] },
  url = '',
}: Pick<IncomingMessage, 'method' | 'headersDistinct' | 'url'>): string[] {
  if (hosts.length !== 1 || !isLocal(hosts[0]!))
    throw new Refusal(403, 'this page is for this machine only: ask for it as localhost or 127.0.0.1');
  if (method !== 'GET' && method !== 'HEAD')
    throw new Refusal(405, 'nothing can be changed here: only GET and HEAD are answered');
  const path = url.split('?', 1)[0]!;
  if (!path.startsWith('/') || path.length > longestPath)
    throw new Refusal(400, 'this is no path on this server');
  try {
    return path.slice(1).replace(/\/$/, '').split('/').map(decodeURIComponent);
  } catch {
    throw new Refusal(400, 'the path is not percent-encoded UTF-8');
  }
}

/** @param host with or without a port, which may be another one where it is forwarded */
function isLocal(host: string): boolean {
  const name = /^(\[[^\]]*\]|[^:]*)(?::\d{1,5})?$/.exec(host)?.[1];
  return name !== undefined && localHosts.has(name.toLowerCase());
}

/** The address of something in a run. */
export function pathOf(
  room: 'run' | 'events' | 'file',
  names: readonly string[],
  file: readonly string[] = [],
): string {
  return `/${[room, ...names, ...file].map(encodeURIComponent).join('/')}`;
}
