import { EngineError } from '../base/errors.js';
import { loadPackage } from '../base/load-package.js';
import type { Environment } from './cache.js';

/** Names that no proxy could reach for this machine. */
const loopback = 'localhost 127.0.0.1 [::1]';

/**
 * What to fetch with: over the proxy that `https_proxy` or `http_proxy` names, except from the hosts in
 * `no_proxy` (each in lower or upper case; https goes over `http_proxy` where that is the only one), else
 * Node's own fetch, which knows no proxies in Node 20.
 *
 * The proxy is given with each request, because undici's global dispatcher is not Node's. Plain requests go
 * to the proxy as such, for few proxies open tunnels to port 80.
 * @throws EngineError `no-data` for a proxy that is no URL
 */
export async function fetchOver(env: Environment): Promise<typeof fetch> {
  const http = proxyOf(env, 'http_proxy');
  const https = proxyOf(env, 'https_proxy');
  if (http === '' && https === '') return fetch;
  const direct = valueOf(env, 'no_proxy');
  const undici = await loadPackage('downloading through a proxy', 'undici', import('undici'));
  const dispatcher = new undici.EnvHttpProxyAgent({
    httpProxy: http,
    httpsProxy: https,
    noProxy: direct === '*' ? direct : `${loopback} ${direct}`,
    proxyTunnel: false,
  });
  // The same function in another version, whose types differ from Node's in small things.
  const fetchBy = undici.fetch as unknown as (url: URL, init: object) => Promise<Response>;
  return (url, init) => fetchBy(url as URL, { ...init, dispatcher });
}

function valueOf(env: Environment, name: string): string {
  return (env[name] ?? env[name.toUpperCase()] ?? '').trim();
}

/** The URL of a proxy, http where it states no protocol; empty where none is named. */
function proxyOf(env: Environment, name: string): string {
  const value = valueOf(env, name);
  if (value === '') return '';
  const url = value.includes('://') ? value : `http://${value}`;
  if (URL.canParse(url) && /^(https?|socks5?):$/.test(new URL(url).protocol)) return url;
  throw new EngineError('no-data', `the environment variable ${name} does not name a proxy`, {
    // Without user and password, which may stand in front of an @.
    found: JSON.stringify(value.replace(/^.*@/, '')),
    expected: 'a URL such as http://proxy.example:3128',
    remedy: 'correct it, or unset it to download without a proxy',
  });
}
