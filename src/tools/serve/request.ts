/** What a request may ask for. The server only reads, and only for this machine. */
import type { IncomingMessage } from 'node:http';

/** What was asked for, as names of folders and files that were not looked for yet. */
export type Target =
  | { readonly kind: 'list' | 'list-events' | 'style' | 'script' }
  | { readonly kind: 'run' | 'run-events'; readonly names: readonly string[] }
  | { readonly kind: 'file'; readonly names: readonly string[]; readonly file: readonly string[] };

/** Why a request is not served. */
export interface Refusal {
  readonly status: 400 | 403 | 404 | 405 | 503;
  readonly reason: string;
}

/**
 * A page elsewhere can make a browser ask this server under a name of its own (DNS rebinding): then it stands
 * here.
 */
const localHosts: ReadonlySet<string> = new Set(['127.0.0.1', 'localhost', '[::1]']);

const longestPath = 4096;

/** Only what is asked for is judged here; whether it is there is another question. */
export function targetOf({
  method,
  headersDistinct: { host: hosts = [] },
  url = '',
}: Pick<IncomingMessage, 'method' | 'headersDistinct' | 'url'>): Target | Refusal {
  if (hosts.length !== 1 || !isLocal(hosts[0]!))
    return {
      status: 403,
      reason: 'this page is for this machine only: ask for it as localhost or 127.0.0.1',
    };
  if (method !== 'GET' && method !== 'HEAD')
    return { status: 405, reason: 'nothing can be changed here: only GET and HEAD are answered' };
  const path = url.split('?', 1)[0]!;
  if (!path.startsWith('/') || path.length > longestPath)
    return { status: 400, reason: 'this is no path on this server' };
  return targetOfPath(path) ?? { status: 404, reason: 'there is no such page' };
}

/** @param host with or without a port, which may be another one where it is forwarded */
function isLocal(host: string): boolean {
  const name = /^(\[[^\]]*\]|[^:]*)(?::\d{1,5})?$/.exec(host)?.[1];
  return name !== undefined && localHosts.has(name.toLowerCase());
}

function targetOfPath(path: string): Target | Refusal | null {
  const names: string[] = [];
  for (const part of path.slice(1).replace(/\/$/, '').split('/')) {
    const name = decoded(part);
    if (name === null) return { status: 400, reason: 'the path is not percent-encoded UTF-8' };
    names.push(name);
  }
  const [room, ...rest] = names;
  switch (room) {
    case '':
      return rest.length === 0 ? { kind: 'list' } : null;
    case 'events':
      return rest.length === 0 ? { kind: 'list-events' } : { kind: 'run-events', names: rest };
    case 'run':
      return { kind: 'run', names: rest };
    case 'file': {
      const length = rest.at(-2) === 'charts' ? 2 : 1;
      return { kind: 'file', names: rest.slice(0, -length), file: rest.slice(-length) };
    }
    case 'page.css':
      return rest.length === 0 ? { kind: 'style' } : null;
    case 'follow.js':
      return rest.length === 0 ? { kind: 'script' } : null;
    case undefined:
    default:
      return null;
  }
}

function decoded(part: string): string | null {
  try {
    return decodeURIComponent(part);
  } catch {
    return null;
  }
}

/** The address of something in a run. */
export function pathOf(
  room: 'run' | 'events' | 'file',
  names: readonly string[],
  file: readonly string[] = [],
): string {
  return `/${[room, ...names, ...file].map(encodeURIComponent).join('/')}`;
}
