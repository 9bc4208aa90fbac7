/** A web server for tests, on 127.0.0.1: texts under paths of their own, and folders as they lie on disk. */
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join } from 'node:path';

export interface TestSite {
  /** Ends in a slash. */
  readonly url: string;
  readonly close: () => Promise<void>;
}

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
};

/**
 * @param texts by path: `page.html`
 * @param folders directories by the start of the paths that lead into them, the longer ones first: `dist/`
 */
export async function openTestSite(
  texts: Readonly<Record<string, string>>,
  folders: Readonly<Record<string, string>> = {},
): Promise<TestSite> {
  const content = async (path: string): Promise<string | Uint8Array> => {
    if (Object.hasOwn(texts, path)) return texts[path]!;
    const folder = Object.keys(folders).find((start) => path.startsWith(start));
    if (folder === undefined) throw new Error(`there is no ${path}`);
    return readFile(join(folders[folder]!, path.slice(folder.length)));
  };
  const server = createServer((request, response) => {
    const path = new URL(request.url!, 'http://localhost').pathname.slice(1);
    content(path).then(
      (body) => {
        const type = types[extname(path)] ?? 'application/octet-stream';
        response.writeHead(200, { 'Content-Type': type, 'Cache-Control': 'no-store' }).end(body);
      },
      () => response.writeHead(404).end(),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      }),
  };
}
