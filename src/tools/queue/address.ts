/** Where a Redis or Valkey server is, as a URL says it. */
import { EngineError } from '../../base/errors.js';

/** How to connect to a server. */
export interface RedisAddress {
  /** `HOST:PORT`, for messages: it never has the password. */
  readonly where: string;
  readonly connection: {
    readonly host: string;
    readonly port: number;
    readonly db: number;
    readonly username?: string;
    readonly password?: string;
    readonly tls?: { readonly servername?: string };
  };
}

/** The environment variable that keeps the URL, and the password in it, out of the list of processes. */
export const urlVariable = 'REDIS_URL';

const usualPort = 6379;
const expected = 'redis://[[USER]:PASSWORD@]HOST[:PORT][/DB], or rediss:// for TLS';

/**
 * Reads a URL of a server. No message shows it, because it may have a password in it.
 * @throws EngineError `usage`
 */
export function parseAddress(text: string): RedisAddress {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null) throw refused('text that is no URL');
  const { protocol, hostname, port, pathname, search, hash } = url;
  if (protocol !== 'redis:' && protocol !== 'rediss:') throw refused(`a URL that begins with ${protocol}`);
  if (hostname === '') throw refused('a URL without a host');
  if (search + hash !== '') throw refused('a URL with ? or # in it, which a password has as %3F and %23');
  const db = /^\/?(\d{0,5})$/.exec(pathname)?.[1];
  if (db === undefined) throw refused('a path that is no number of a database');
  // An IPv6 address stands in brackets, which are no part of it.
  const host = hostname.replace(/^\[(.*)\]$/, '$1');
  const [username, password] = [decoded(url.username), decoded(url.password)];
  return {
    where: `${hostname}:${port === '' ? usualPort : port}`,
    connection: {
      host,
      port: port === '' ? usualPort : Number(port),
      db: Number(db),
      ...(username !== '' && { username }),
      ...(password !== '' && { password }),
      // TLS names a server by its name, and has none for addresses.
      ...(protocol === 'rediss:' && {
        tls: /[a-z]/i.test(host) && !host.includes(':') ? { servername: host } : {},
      }),
    },
  };
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw refused('a user or password with a % that begins no code such as %40');
  }
}

function refused(found: string): EngineError {
  return new EngineError('usage', 'the address of the queue is no URL of a Redis or Valkey server', {
    found,
    expected,
    remedy: `write it behind RUN, or into the environment variable ${urlVariable}`,
  });
}
