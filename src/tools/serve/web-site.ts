/** The page that trains in the browser: served on this machine, or written for any other host. */
import { cpSync, existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { EngineError } from '../../base/errors.js';
import { notWritten } from '../../base/not-written.js';
import { makeDirectory } from '../../runs/index.js';
import { openFile, sendFile } from './files.js';
import { openLocally, type LocalServer } from './local-server.js';
import { partsOf, Refusal } from './request.js';

const types: Readonly<Record<string, string>> = {
  html: 'text/html; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  safetensors: 'application/octet-stream',
};

const startFile = 'index.html';

/** By it a site that this has written is known, and may be written again. */
const mark = '<meta name="generator" content="wgsl-train" />';

/** @throws EngineError `no-data` if the page was not built */
export function requirePage(root: string): void {
  if (existsSync(join(root, startFile))) return;
  throw new EngineError('no-data', 'the page is not built', {
    found: `no ${join(root, startFile)}`,
    expected: 'what the build makes of src/web',
    remedy: 'in a clone: npm run build; an installed package: install it again',
  });
}

/**
 * Serves the files of a folder, and nothing below it.
 * @param root the folder of the page, as it was built
 * @throws EngineError `usage` if the port is taken or not allowed
 */
export function startWebServer(root: string, port: number): Promise<LocalServer> {
  // Not async: what it throws is a refusal all the same.
  return openLocally(port, (response) =>
    Promise.resolve().then(() => {
      const [name = '', ...rest] = partsOf(response.req);
      const asked = name === '' ? startFile : name;
      const type = /^[a-z][\w-]*\.(\w+)$/.exec(asked)?.[1];
      const file =
        rest.length > 0 || type === undefined || types[type] === undefined
          ? null
          : openFile(join(root, asked), types[type]);
      if (file === null) throw new Refusal(404, 'there is no such page');
      sendFile(response, file, 'app');
    }),
  );
}

/**
 * Writes the page as a static site. Its addresses are relative: it may lie anywhere on a host.
 * @throws EngineError `usage` for a folder with something else in it, `not-written`
 */
export function writeSite(root: string, directory: string): void {
  requireOwn(directory);
  makeDirectory(directory, 'run the command again');
  try {
    cpSync(root, directory, { recursive: true });
    // GitHub Pages would otherwise look for pages of its own kind.
    writeFileSync(join(directory, '.nojekyll'), '');
  } catch (cause) {
    throw notWritten(directory, cause, 'run the command again');
  }
}

/** @throws EngineError `usage` unless the folder is new, empty, or holds an earlier site */
function requireOwn(directory: string): void {
  const found = statSync(directory, { throwIfNoEntry: false });
  if (found === undefined) return;
  const refusal = (what: string): EngineError =>
    new EngineError('usage', `--build ${directory} cannot be written to`, {
      found: what,
      expected: 'a folder that is new, empty, or holds an earlier build of this page',
      remedy: 'name another folder with --build',
    });
  if (!found.isDirectory()) throw refusal('a file');
  const names = readdirSync(directory);
  if (names.length === 0) return;
  const start = join(directory, startFile);
  if (!existsSync(start) || !readFileSync(start, 'utf8').includes(mark))
    throw refusal(`a folder with other files, such as ${names[0]!}`);
}
