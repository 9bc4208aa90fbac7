import { connect } from 'node:net';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask, openSite, secret, type Site } from './testing/site.js';

let site: Site;
beforeAll(async () => {
  site = await openSite();
});
afterAll(async () => {
  await site.close();
});

/** Everything in a directory with the time of its last change. */
function treeOf(directory: string): string[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => `${join(parentPath, name)} ${statSync(join(parentPath, name)).mtimeMs}`)
    .sort();
}

/** What a socket answers to these very bytes. */
function raw(text: string): Promise<string> {
  const { hostname, port } = new URL(site.server.url);
  return new Promise((resolve, reject) => {
    let answer = '';
    const socket = connect(Number(port), hostname, () => socket.write(text));
    socket.setEncoding('utf8').on('data', (part: string) => (answer += part));
    socket.on('close', () => {
      resolve(answer);
    });
    socket.on('error', reject);
  });
}

describe('serve.js answers', () => {
  it('the list, newest first, with the state of each run', async () => {
    const { status, body } = await ask(site, '/');
    expect(status).toBe(200);
    const found = [...body.matchAll(/href="\/run\/([^"]+)">[^<]*<\/a>\s*<span class="state (\w+)"/g)];
    expect(found.map(([, name, state]) => `${name!} ${state!}`)).toEqual([
      'running running',
      'stopped stopped',
      'finished finished',
      'series finished',
      'series/exp2 finished',
      'trap finished',
    ]);
    expect(body).toContain('epoch 2 of at most 50');
    expect(body).toContain('dropout=0.5: validation loss 0.5310');
    expect(body).toContain('href="/file/finished/report.html"');
  });

  it('the page of a run, with its curves', async () => {
    const { status, body } = await ask(site, '/run/finished');
    expect(status).toBe(200);
    expect(body.match(/<svg /g)).toHaveLength(2);
    expect(body).toContain('data-events="/events/finished"');
    expect(body).toContain('A conclusion.');
    expect((await ask(site, '/run/series/exp2')).status).toBe(200);
    expect((await ask(site, '/run/series/')).status).toBe(200);
  });

  it('the files of a run, which may run nothing', async () => {
    for (const [path, type] of [
      ['/file/finished/report.html', 'text/html'],
      ['/file/finished/summary.json', 'application/json'],
      ['/file/finished/metrics.jsonl', 'text/plain'],
      ['/file/finished/charts/overlay.svg', 'image/svg+xml'],
      ['/file/series/exp2/summary.json', 'application/json'],
    ] as const) {
      const { status, headers, body } = await ask(site, path);
      expect({ path, status }).toEqual({ path, status: 200 });
      expect(headers['content-type']).toContain(type);
      expect(Buffer.byteLength(body)).toBe(Number(headers['content-length']));
      const policy = headers['content-security-policy'];
      expect(policy).toContain("default-src 'none'");
      expect(policy).toContain('sandbox');
      expect(policy).not.toContain('script-src');
    }
  });

  it('HEAD without a body', async () => {
    for (const path of ['/', '/run/finished', '/file/finished/report.html', '/events', '/nowhere']) {
      const { status, body } = await ask(site, path, { method: 'HEAD' });
      expect({ path, status, body }).toEqual({ path, status: path === '/nowhere' ? 404 : 200, body: '' });
    }
  });

  it('with headers that keep everything on this machine', async () => {
    for (const path of [
      '/',
      '/run/finished',
      '/page.css',
      '/follow.js',
      '/nowhere',
      '/file/finished/report.html',
    ]) {
      const { headers } = await ask(site, path);
      expect(headers).toMatchObject({
        'x-content-type-options': 'nosniff',
        'referrer-policy': 'no-referrer',
        'cross-origin-resource-policy': 'same-origin',
        'cache-control': 'no-store',
      });
      expect(headers['content-security-policy']).toContain("default-src 'none'");
      expect(headers).not.toHaveProperty('access-control-allow-origin');
    }
    const { headers } = await ask(site, '/');
    expect(headers['content-security-policy']).not.toContain('unsafe');
  });

  it.runIf(process.platform === 'linux')('without leaving files open', async () => {
    const open = (): number => readdirSync('/proc/self/fd').length;
    const paths = ['/', '/run/finished', '/file/finished/report.html', '/file/trap/report.html'];
    const round = async (): Promise<void> => {
      for (const path of paths) for (const method of ['GET', 'HEAD']) await ask(site, path, { method });
    };
    await round();
    const before = open();
    for (let count = 0; count < 20; count++) await round();
    // A socket or two may still be closing.
    expect(open()).toBeLessThan(before + 20);
  });

  it.each(['127.0.0.1', 'localhost', 'LOCALHOST:9000', '[::1]', '[::1]:8420'])('Host %s', async (host) => {
    expect((await ask(site, '/', { headers: { Host: host } })).status).toBe(200);
  });

  it('how a stopped run goes on', async () => {
    const { body } = await ask(site, '/run/stopped');
    expect(body).toMatch(/node scripts\/train\.js --resume \S*stopped<\/code>/);
    expect((await ask(site, '/run/finished')).body).not.toContain('--resume');
  });

  it('escaped texts', async () => {
    const { body } = await ask(site, '/run/%3Cscript%3E');
    expect(body).not.toContain('<script>');
  });
});

describe('serve.js refuses', () => {
  it.each([
    'evil.example',
    'evil.example:8420',
    'localhost.evil.example',
    '127.0.0.1.evil.example',
    'localhost@evil.example',
    'localhost.',
    '0.0.0.0',
    '192.168.1.7:8420',
    '[::ffff:7f00:1]',
    '127.0.0.1:1:2',
    'localhost:80a',
  ])('Host %j', async (host) => {
    for (const path of ['/', '/run/finished', '/file/finished/report.html', '/events', '/page.css']) {
      const { status, body } = await ask(site, path, { headers: { Host: host } });
      expect({ path, status }).toEqual({ path, status: 403 });
      expect(body).not.toContain('finished');
    }
  });

  it.each(['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'PROPFIND', 'MKCOL'])(
    '%s',
    async (method) => {
      const before = treeOf(site.home);
      const { status, headers } = await ask(site, '/run/finished', { method });
      expect({ status, allow: headers.allow }).toEqual({ status: 405, allow: 'GET, HEAD' });
      expect(treeOf(site.home)).toEqual(before);
    },
  );

  it.each([
    // Out of the directory.
    '/file/../secret.txt',
    '/../secret.txt',
    '/file/finished/../../secret.txt',
    '/file/finished/..%2f..%2fsecret.txt',
    '/file/%2e%2e/secret.txt',
    '/file/%2E%2E%2Fsecret.txt',
    '/file/finished/%2e%2e/%2e%2e/secret.txt',
    '/file/finished/%252e%252e%252fsecret.txt',
    '/file/..%5csecret.txt',
    '/file/..\\secret.txt',
    '/file/%2e%2e/outside/report.html',
    '/run/%2e%2e',
    '/run/..',
    '/run/.',
    '/run/%2e',
    '/run/%2e%2e%2foutside',
    '/run/%2Ftmp',
    '/run//etc',
    '/file//etc/passwd',
    '/file/%2fetc%2fpasswd',
    '/file/finished//etc/passwd',
    '/file/finished/%00report.html',
    '/file/finished/report.html%00.svg',
    '/file/%c0%ae%c0%ae/secret.txt',
    '//evil.example/',
    '///',
    // Along links.
    '/run/linked',
    '/run/latest',
    '/file/linked/report.html',
    '/file/linked/summary.json',
    '/file/trap/report.html',
    '/file/trap/metrics.jsonl',
    '/file/trap/charts/stolen.svg',
    // What is there but is not shown.
    '/file/finished/checkpoints/best.safetensors',
    '/file/finished/checkpoints',
    '/file/finished/charts',
    '/file/finished/charts/',
    '/file/finished/charts/..%2freport.html.svg',
    '/file/finished/running.json',
    '/file/no-run/report.html',
    '/file/series/exp2/../summary.json',
    '/run/no-run',
    '/run/.hidden',
    '/run/finished/checkpoints',
    '/run/series/exp2/charts',
    '/run',
    '/file',
    '/file/finished',
    '/events/nowhere',
    '/page.css/x',
    '/finished/report.html',
    '/toString',
    '/file/constructor/__proto__',
    '/run/FINISHED%20',
    `/run/${'a'.repeat(300)}`,
    `/file/finished/charts/${'a'.repeat(300)}.svg`,
    `/run/${'a/'.repeat(1000)}`,
  ])('the path %s', async (path) => {
    const { status, body } = await ask(site, path);
    expect([400, 404]).toContain(status);
    expect(body).not.toContain(secret);
    expect(body.length).toBeLessThan(200);
  });

  it('paths that are no paths', async () => {
    expect((await ask(site, 'http://evil.example/')).status).toBe(400);
    expect((await ask(site, '*')).status).toBe(400);
    expect((await ask(site, '/%')).status).toBe(400);
    expect((await ask(site, '/run/%ff')).status).toBe(400);
    expect((await ask(site, `/run/${'a'.repeat(5000)}`)).status).toBe(400);
  });

  it.each([
    ['nonsense', 'GET\r\n\r\n'],
    ['no Host', 'GET / HTTP/1.1\r\n\r\n'],
    ['an empty Host', 'GET / HTTP/1.1\r\nHost:\r\nConnection: close\r\n\r\n'],
    ['no Host in HTTP/1.0', 'GET / HTTP/1.0\r\n\r\n'],
    ['two Hosts', 'GET / HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n\r\n'],
    ['a header without end', `GET / HTTP/1.1\r\nHost: localhost\r\nX: ${'a'.repeat(40_000)}\r\n\r\n`],
    ['a tunnel', 'CONNECT evil.example:443 HTTP/1.1\r\nHost: evil.example\r\n\r\n'],
    [
      'both lengths',
      'GET / HTTP/1.1\r\nHost: evil\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n',
    ],
  ])('bytes that are %s, and lives on', async (_, text) => {
    const answer = await raw(text);
    expect(answer).not.toContain('HTTP/1.1 200');
    expect(answer).not.toContain('finished');
    expect((await ask(site, '/')).status).toBe(200);
  });
});
