/**
 * The library in a real browser: pages that have loaded it in each way that there is, and the same scenarios
 * (scenarios.ts) in Node on the same software adapter.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { transformSync } from 'esbuild';
import type { EngineError } from '../../base/errors.js';
import { openTab, startChromium, type Browser, type Page, type Tab } from '../chromium.js';
import { runNode } from '../run-node.js';
import { swiftshader } from '../swiftshader.js';
import type * as scenarios from './scenarios.js';
import { openTestSite, type TestSite } from './site.js';

export const root = fileURLToPath(new URL('../../..', import.meta.url));

type Scenarios = typeof scenarios;
type Scenario = keyof Scenarios;
export type Options<S extends Scenario> = NonNullable<Parameters<Scenarios[S]>[1]>;
type Answer<S extends Scenario> = Awaited<ReturnType<Scenarios[S]>>;

/** An error as it comes out of a page: the fields that a person is shown. */
export type Failure = Pick<EngineError, 'kind' | 'message' | 'found' | 'expected' | 'remedy'>;

/** A scenario in a page ended in an error. */
export class PageError extends Error {
  constructor(readonly failure: Failure) {
    super(`${failure.kind}: ${failure.message}`);
  }
}

export interface Lab {
  readonly browser: Browser;
  readonly site: TestSite;
  /** Opens `single` (the prebuilt file), `modules` (dist by an import map) or `worker`, and waits for it. */
  readonly open: (page: string) => Promise<Tab>;
  readonly close: () => Promise<void>;
}

export const scenarioModule = transformSync(readFileSync(new URL('scenarios.ts', import.meta.url), 'utf8'), {
  loader: 'ts',
  target: 'es2022',
}).code;

/** Runs scenarios by name, in a page and in a worker; what is thrown comes out as data. */
export const runner = `
  export const runnerOf = (library, scenarios) => async (name, options) => {
    try {
      return { value: await scenarios[name](library, options) };
    } catch (error) {
      const { kind = error.name, message, found, expected, remedy } = error;
      return { failure: { kind, message, found, expected, remedy } };
    }
  };`;

/** A page with a script. */
export function pageOf(script: string, head = ''): string {
  return `<!doctype html><html lang="en"><title>A test</title><link rel="icon" href="data:,">${head}
    <script type="module">${script}</script></html>`;
}

/**
 * A script that gives its page (or worker) `run`.
 * @param library what it imports
 * @param base where the scenarios are
 */
export const startScript = (library: string, base = ''): string => `
  import * as library from '${library}';
  import * as scenarios from '${base}/scenarios.js';
  import { runnerOf } from '${base}/runner.js';
  globalThis.library = library;
  globalThis.run = runnerOf(library, scenarios);`;

const workerPage = `
  const worker = new Worker('/worker.js', { type: 'module' });
  await new Promise((resolve) => worker.addEventListener('message', resolve, { once: true }));
  globalThis.run = (name, options) => new Promise((resolve) => {
    worker.addEventListener('message', ({ data }) => resolve(data), { once: true });
    worker.postMessage({ name, options });
  });`;

const worker = `${startScript('/node_modules/wgsl-train/dist/wgsl-train.js')}
  addEventListener('message', async ({ data: { name, options } }) => postMessage(await run(name, options)));
  postMessage('ready');`;

/**
 * Starts Chromium with SwiftShader, and a server with the pages.
 * @param path of the browser, from `findChromium`
 * @param options `webgpu`: false opens it without an adapter; `folders`: served beside dist
 */
export async function openLab(
  path: string,
  { webgpu = true, folders = {} }: { webgpu?: boolean; folders?: Readonly<Record<string, string>> } = {},
): Promise<Lab> {
  const site = await openTestSite(
    {
      'scenarios.js': scenarioModule,
      'runner.js': runner,
      'single.html': pageOf(startScript('/node_modules/wgsl-train/dist/wgsl-train.js')),
      'modules.html': pageOf(startScript('wgsl-train'), importMap()),
      'worker.html': pageOf(workerPage),
      'worker.js': worker,
    },
    {
      'node_modules/wgsl-train/dist/': join(root, 'dist'),
      'node_modules/': join(root, 'node_modules'),
      ...folders,
    },
  );
  const browser = await startChromium(path, { webgpu });
  return {
    browser,
    site,
    open: async (page) => {
      const tab = await openTab(browser, `${site.url}${page}.html`, { width: 1000, height: 700 });
      await loaded(tab);
      return tab;
    },
    close: async () => {
      await browser.close();
      await site.close();
    },
  };
}

/** Waits until a page can run scenarios. @throws Error what the page complained of instead */
export async function loaded({ page, complaints }: Tab): Promise<void> {
  while ((await page.evaluate('globalThis.run === undefined')) === true) {
    if (complaints.length > 0) throw new Error(`${page.url()}: ${complaints.join('; ')}`);
    await setTimeout(20);
  }
}

/** The import map of docs/browser.md. */
function importMap(): string {
  const page = readFileSync(join(root, 'docs', 'browser.md'), 'utf8');
  return /<script type="importmap">[^]*?<\/script>/.exec(page)![0];
}

/** Starts a scenario in a page, in which something is about to happen. */
export function startIn<S extends Scenario>(page: Page, name: S, options?: Options<S>): Promise<Answer<S>> {
  const running = runIn(page, name, options);
  // The test looks at it later.
  running.catch(() => undefined);
  return running;
}

/** Runs a scenario in a page. @throws PageError what it threw */
export async function runIn<S extends Scenario>(
  page: Page,
  name: S,
  options?: Options<S>,
): Promise<Answer<S>> {
  const answer = (await page.evaluate(`run('${name}', ${JSON.stringify(options)})`)) as {
    value: Answer<S>;
    failure?: Failure;
  };
  if (answer.failure !== undefined) throw new PageError(answer.failure);
  return answer.value;
}

/** Runs a scenario in a Node of its own on SwiftShader. */
export async function runOnNode<S extends Scenario>(name: S, options?: Options<S>): Promise<Answer<S>> {
  const folder = mkdtempSync(join(tmpdir(), 'wgsl-train-scenarios-'));
  try {
    const file = join(folder, 'scenarios.mjs');
    writeFileSync(file, scenarioModule);
    const entry = pathToFileURL(join(root, 'dist', 'index.js')).href;
    const code = `
      import * as library from '${entry}';
      import * as scenarios from '${pathToFileURL(file).href}';
      const value = await scenarios['${name}'](library, ${JSON.stringify(options)});
      process.stdout.write(JSON.stringify(value));
      globalThis.gpu.close();`;
    const {
      code: exit,
      stdout,
      stderr,
    } = await runNode(['--input-type=module', '-e', code], {
      cwd: root,
      env: { VK_DRIVER_FILES: swiftshader },
    });
    if (exit !== 0) throw new Error(`Node ended with ${exit}: ${stderr}`);
    return JSON.parse(stdout) as Answer<S>;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
