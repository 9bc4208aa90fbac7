import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { engineError } from '../formats/testing/bytes.js';
import { platform } from '../platform/index.js';
import type { Environment } from './cache.js';
import { downloadFile, type RemoteFile } from './download.js';
import { fetchOver } from './proxy.js';
import { serveProxy, serveTls, type TestProxy } from './testing/proxy.js';
import { cutOff, serve, whole, type Behaviour } from './testing/server.js';

const content = Uint8Array.from({ length: 200_000 }, (_, index) => (index * 7919) >> 8);
const file: RemoteFile = { name: 'images.gz', bytes: content.length, sha256: platform.sha256(content) };

let directory = '';
let open: { readonly close: () => Promise<void> }[] = [];
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'wgsl-train-'));
});
afterEach(async () => {
  vi.unstubAllEnvs();
  for (const each of open) await each.close();
  open = [];
  await rm(directory, { recursive: true, force: true });
});

/** A proxy that knows a.test, an http server, and b.test, an https server; nobody else does. */
async function proxy(refusal: number | null = null, ...behaviours: readonly Behaviour[]): Promise<TestProxy> {
  const plain = await serve(...(behaviours.length === 0 ? [whole(content)] : behaviours));
  const secure = await serveTls(whole(content));
  const ports = { 'a.test': Number(new URL(plain.url).port), 'b.test:443': secure.port };
  const started = await serveProxy(ports, refusal);
  open.push(started, plain, secure);
  // The certificate of b.test is its own.
  vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', '0');
  return started;
}

async function download(mirror: string, env: Environment): Promise<void> {
  const limits = { pauseMs: 10, attempts: 2 };
  const found = await downloadFile(file, { directory, mirrors: [mirror], env, limits });
  expect(Buffer.from(found).equals(content)).toBe(true);
  expect(await readdir(directory)).toEqual([file.name]);
}

async function reasonOf(mirror: string, env: Environment): Promise<string> {
  const error = await engineError(() => download(mirror, env), 'no-data', '');
  return error.describe();
}

describe('a file arrives', () => {
  test.each(['http_proxy', 'HTTP_PROXY'])('from an http mirror over %s, by a plain request', async (name) => {
    const over = await proxy();
    await download('http://a.test/', { [name]: over.url });
    expect(over.requests).toEqual(['GET http://a.test/images.gz']);
  });

  test.each(['https_proxy', 'HTTPS_PROXY', 'http_proxy'])(
    'from an https mirror over %s, through a tunnel',
    async (name) => {
      const over = await proxy();
      await download('https://b.test/', { [name]: over.url });
      expect(over.requests).toEqual(['CONNECT b.test:443']);
    },
  );

  test('over the proxy of its protocol', async () => {
    const [plain, secure] = [await proxy(), await proxy()];
    await download('https://b.test/', { http_proxy: plain.url, https_proxy: secure.url });
    await rm(join(directory, file.name));
    await download('http://a.test/', { http_proxy: plain.url, https_proxy: secure.url });
    expect([plain.requests.length, secure.requests.length]).toEqual([1, 1]);
  });

  test('over a proxy without a protocol in its name, and with credentials', async () => {
    const over = await proxy();
    const credentials = `Basic ${Buffer.from('me:secret').toString('base64')}`;
    await download('http://a.test/', { http_proxy: over.url.replace('http://', 'me:secret@') });
    await rm(join(directory, file.name));
    await download('https://b.test/', { https_proxy: over.url.replace('//', '//me:secret@') });
    expect(over.requests).toEqual([
      `GET http://a.test/images.gz ${credentials}`,
      `CONNECT b.test:443 ${credentials}`,
    ]);
  });

  test('in pieces', async () => {
    const over = await proxy(null, cutOff(content, 80_000), whole(content));
    await download('http://a.test/', { http_proxy: over.url });
    expect(over.requests).toHaveLength(2);
  });

  test('from this machine without the proxy', async () => {
    const over = await proxy();
    const here = await serve(whole(content));
    open.push(here);
    await download(here.url, { http_proxy: over.url });
    expect([over.requests, here.requests]).toEqual([[], ['/images.gz']]);
  });
});

describe('a file does not arrive', () => {
  test.each(['a.test', 'A.TEST', '.test', '*', 'x.example, a.test'])(
    'from a host that only the proxy knows, with no_proxy=%s',
    async (hosts) => {
      const over = await proxy();
      expect(await reasonOf('http://a.test/', { http_proxy: over.url, no_proxy: hosts })).toContain(
        'a.test: ',
      );
      expect(over.requests).toEqual([]);
    },
  );

  test.each([
    ['http://a.test/', 407, /a\.test: .*407/],
    ['https://b.test/', 403, /b\.test: .*403/],
  ])('from %s where the proxy answers %i', async (mirror, status, reason) => {
    const over = await proxy(status);
    expect(await reasonOf(mirror, { http_proxy: over.url })).toMatch(reason);
  });

  test('where the proxy is not there', async () => {
    const over = await proxy();
    await over.close();
    expect(await reasonOf('https://b.test/', { https_proxy: over.url })).toContain('ECONNREFUSED');
  });

  test.each(['http://', 'me:secret@:', 'ftp://me:secret@proxy:21'])(
    'over %s, which is no proxy',
    async (url) => {
      const text = await reasonOf('http://a.test/', { https_proxy: url });
      expect(text).toMatch(/https_proxy does not name a proxy\n +found[^]*expected: a URL such as/);
      expect(text).not.toContain('secret');
    },
  );
});

test('without a proxy, what fetches is Node itself', async () => {
  expect(await fetchOver({ no_proxy: '*', http_proxy: '', HTTPS_PROXY: ' ' })).toBe(fetch);
});
