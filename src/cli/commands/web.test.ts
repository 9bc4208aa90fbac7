import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { capture } from '../../testing/capture.js';
import { requirePage, startWebServer, writeSite } from '../../tools/serve/web-site.js';
import { fakeEngine } from '../testing/engine.js';
import { builtPage, command } from './web.js';

let home: string;
let page: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'wgsl-train-web-'));
  page = join(home, 'page');
  mkdirSync(page);
  writeFileSync(join(page, 'index.html'), '<meta name="generator" content="wgsl-train" />');
  writeFileSync(join(page, 'app.js'), 'export {};');
  writeFileSync(join(home, 'secret.js'), 'secret');
});
afterEach(() => {
  rmSync(home, { recursive: true, force: true });
});

describe('the page is served', () => {
  it('with a strict policy, and nothing beside it', async () => {
    symlinkSync(join(home, 'secret.js'), join(page, 'link.js'));
    writeFileSync(join(page, '.hidden.js'), '');
    writeFileSync(join(page, 'notes.txt'), '');
    const server = await startWebServer(page, 0);
    const ask = (path: string): Promise<Response> => fetch(new URL(path, server.url));
    try {
      const start = await ask('/');
      expect(start.status).toBe(200);
      expect(start.headers.get('content-type')).toBe('text/html; charset=utf-8');
      expect(start.headers.get('x-content-type-options')).toBe('nosniff');
      const policy = start.headers.get('content-security-policy')!;
      expect(policy).toMatch(/^default-src 'none'; script-src 'self'; style-src 'self';/);
      expect(policy).not.toMatch(/unsafe|\*|http/);
      expect((await ask('/app.js')).headers.get('content-type')).toBe('text/javascript; charset=utf-8');
      const absent = [
        '/other.js',
        '/link.js',
        '/.hidden.js',
        '/notes.txt',
        '/..%2fsecret.js',
        '/a/app.js',
        '/index',
      ];
      for (const path of absent) expect([path, (await ask(path)).status]).toEqual([path, 404]);
      expect((await fetch(server.url, { method: 'POST' })).status).toBe(405);
    } finally {
      await server.close();
    }
  });

  it('only where it was built', () => {
    expect(() => {
      requirePage(join(home, 'nowhere'));
    }).toThrow(
      expect.objectContaining({
        kind: 'no-data',
        remedy: expect.stringContaining('npm run build') as string,
      }),
    );
  });
});

describe('the page is written as a site', () => {
  it('into a new folder, an empty one, and over an earlier site', () => {
    const site = join(home, 'a', 'site');
    for (let i = 0; i < 2; i++) {
      writeSite(page, site);
      expect(readdirSync(site).sort()).toEqual(['.nojekyll', 'app.js', 'index.html']);
    }
    mkdirSync(join(home, 'empty'));
    writeSite(page, join(home, 'empty'));
  });

  it('not over anything else', () => {
    for (const content of [undefined, '<title>My page</title>']) {
      const other = join(home, `other-${content === undefined}`);
      mkdirSync(other);
      writeFileSync(join(other, 'mine.txt'), 'mine');
      if (content !== undefined) writeFileSync(join(other, 'index.html'), content);
      expect(() => {
        writeSite(page, other);
      }).toThrow(expect.objectContaining({ kind: 'usage' }));
      expect(existsSync(join(other, 'app.js'))).toBe(false);
    }
    expect(() => {
      writeSite(page, join(home, 'secret.js'));
    }).toThrow(expect.objectContaining({ found: 'a file' }));
  });
});

const isBuilt = existsSync(join(builtPage, 'index.html'));
if (!isBuilt) console.log('skipped: web.js needs dist/web (npm run build)');

describe.skipIf(!isBuilt)('the command', () => {
  const execute = (argv: readonly string[], signal = new AbortController().signal) => {
    const [stdout, stderr] = [capture(), capture()];
    const code = command.execute(argv, {
      stdout,
      stderr,
      signal,
      loadEngine: () => Promise.resolve(fakeEngine()),
    });
    return { code, stdout, stderr };
  };

  it('serves until Ctrl-C', async () => {
    const controller = new AbortController();
    const { code, stdout } = execute(['--port', '0', '--json', '--quiet'], controller.signal);
    while (stdout.text() === '') await new Promise((done) => setTimeout(done, 10));
    const [{ url }] = stdout.records() as [{ url: string }];
    expect(await (await fetch(url)).text()).toContain('Draw a character');
    controller.abort();
    expect(await code).toBe(130);
    await expect(fetch(url)).rejects.toThrow();
  });

  it('--build writes a site whose addresses are relative', async () => {
    const site = join(home, 'site');
    expect(await execute(['--build', site, '--quiet']).code).toBe(0);
    const html = readFileSync(join(site, 'index.html'), 'utf8');
    for (const [, address] of html.matchAll(/(?:src|href)="([^"]*)"/g))
      expect(address).toMatch(/^(data:,|[\w-]+\.\w+)$/);
    expect(html).not.toMatch(/style="|<style|<script>|onclick/);
    expect(readdirSync(site)).toEqual(
      expect.arrayContaining(['.nojekyll', 'app.js', 'worker.js', 'style.css', 'network.safetensors']),
    );
    expect(await execute(['--build', home]).code).toBe(2);
  });
});
