/**
 * A real browser for the tests of pages: headless Chromium, spoken to over a pipe in the DevTools protocol.
 */
import { spawn } from 'node:child_process';
import { accessSync, constants, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import type { Readable, Writable } from 'node:stream';

const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];
const elsewhere = ['/Applications/Google Chrome.app/Contents/MacOS/Google Chrome'];

/** The browser named by CHROMIUM, or the first one on the path; null where there is none. */
export function findChromium(): string | null {
  const given = process.env.CHROMIUM;
  const onPath = (process.env.PATH ?? '')
    .split(delimiter)
    .flatMap((folder) => names.map((name) => join(folder, name)));
  const candidates = given === undefined ? [...onPath, ...elsewhere] : [given];
  return candidates.find(isExecutable) ?? null;
}

export interface View {
  readonly width: number;
  readonly height: number;
  readonly dark?: boolean;
  readonly print?: boolean;
}

export interface Clip {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface Tab {
  /** Errors and warnings of the console, uncaught exceptions, and every request that left the file. */
  readonly complaints: readonly string[];
  /** The value of an expression in the page; it must be JSON. */
  readonly evaluate: (expression: string) => Promise<unknown>;
  readonly show: (view: View) => Promise<void>;
  /** A PNG of a part of the page, in its pixels. */
  readonly screenshot: (clip: Clip) => Promise<Buffer>;
  readonly pdf: () => Promise<Buffer>;
  readonly close: () => Promise<void>;
}

export interface Browser {
  /** Opens a page and waits until it is loaded. */
  readonly open: (url: string, view: View) => Promise<Tab>;
  readonly close: () => Promise<void>;
}

type Params = Readonly<Record<string, unknown>>;

interface Message {
  readonly id?: number;
  readonly sessionId?: string;
  readonly method?: string;
  readonly params?: Params;
  readonly result?: Params;
  readonly error?: { readonly message: string };
}

/** @param path of the browser, from `findChromium` */
export function startChromium(path: string): Browser {
  const profile = mkdtempSync(join(tmpdir(), 'chromium-'));
  const child = spawn(
    path,
    [
      '--headless=new',
      '--remote-debugging-pipe',
      `--user-data-dir=${profile}`,
      '--disable-gpu',
      '--disable-background-networking',
      '--disable-dev-shm-usage',
      '--no-first-run',
      // The sandbox refuses to run as root, as in a container; the pages are this project's own.
      ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
    ],
    { stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'] },
  );
  const exited = new Promise<void>((resolve) =>
    child.once('exit', () => {
      resolve();
    }),
  );
  const { send, listen } = protocol(child.stdio[3] as Writable, child.stdio[4] as Readable, exited);
  return {
    open: async (url, view) => {
      const { targetId } = await send('Target.createTarget', { url: 'about:blank' });
      const { sessionId } = await send('Target.attachToTarget', { targetId, flatten: true });
      const tab = openTab((method, params) => send(method, params, sessionId as string), listen, sessionId);
      await tab.show(view);
      await tab.load(url);
      return tab;
    },
    close: async () => {
      // The answer may be lost with the browser: its end is what counts.
      send('Browser.close').catch(() => undefined);
      await exited;
      rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

type Send = (method: string, params?: Params, sessionId?: string) => Promise<Params>;
type Listen = (listener: (message: Message) => void) => void;

/** JSON messages that end in a zero byte, answered by their number. */
function protocol(input: Writable, output: Readable, exited: Promise<void>): { send: Send; listen: Listen } {
  const waiting = new Map<number, { resolve: (result: Params) => void; reject: (error: Error) => void }>();
  const listeners: ((message: Message) => void)[] = [];
  let last = 0;
  let rest = Buffer.alloc(0);
  output.on('data', (chunk: Buffer) => {
    rest = Buffer.concat([rest, chunk]);
    for (let end = rest.indexOf(0); end >= 0; end = rest.indexOf(0)) {
      const message = JSON.parse(rest.toString('utf8', 0, end)) as Message;
      rest = rest.subarray(end + 1);
      const answered = message.id === undefined ? undefined : waiting.get(message.id);
      if (message.error) answered?.reject(new Error(message.error.message));
      else answered?.resolve(message.result ?? {});
      if (message.id !== undefined) waiting.delete(message.id);
      for (const listener of listeners) listener(message);
    }
  });
  input.on('error', () => undefined);
  void exited.then(() => {
    for (const { reject } of waiting.values()) reject(new Error('the browser ended'));
  });
  return {
    send: (method, params = {}, sessionId) =>
      new Promise((resolve, reject) => {
        const id = ++last;
        waiting.set(id, { resolve, reject });
        input.write(`${JSON.stringify({ id, method, params, ...(sessionId && { sessionId }) })}\0`);
      }),
    listen: (listener) => listeners.push(listener),
  };
}

function openTab(
  send: (method: string, params?: Params) => Promise<Params>,
  listen: Listen,
  sessionId: unknown,
): Tab & { load: (url: string) => Promise<void> } {
  const complaints: string[] = [];
  let whenLoaded = (): void => undefined;
  listen(({ sessionId: from, method, params = {} }) => {
    if (from !== sessionId || method === undefined) return;
    if (method === 'Page.loadEventFired') whenLoaded();
    if (['Runtime.exceptionThrown', 'Runtime.consoleAPICalled', 'Log.entryAdded'].includes(method))
      complaints.push(`${method}: ${JSON.stringify(params)}`);
    const url = (params.request as { url?: string } | undefined)?.url;
    if (method === 'Network.requestWillBeSent' && url !== undefined && !/^(file|data|about):/.test(url))
      complaints.push(`request: ${url}`);
  });
  return {
    complaints,
    load: async (url) => {
      for (const domain of ['Page', 'Runtime', 'Log', 'Network']) await send(`${domain}.enable`);
      const loaded = new Promise<void>((resolve) => (whenLoaded = resolve));
      const { errorText } = await send('Page.navigate', { url });
      if (errorText !== undefined) throw new Error(`${url}: ${JSON.stringify(errorText)}`);
      await loaded;
    },
    show: async ({ width, height, dark = false, print = false }) => {
      await send('Emulation.setDeviceMetricsOverride', {
        width,
        height,
        deviceScaleFactor: 1,
        mobile: width < 600,
      });
      await send('Emulation.setEmulatedMedia', {
        media: print ? 'print' : '',
        features: [{ name: 'prefers-color-scheme', value: dark ? 'dark' : 'light' }],
      });
    },
    evaluate: async (expression) => {
      const { result, exceptionDetails } = await send('Runtime.evaluate', {
        expression,
        returnByValue: true,
      });
      if (exceptionDetails !== undefined)
        throw new Error(`${expression}: ${JSON.stringify(exceptionDetails)}`);
      return (result as { value?: unknown }).value;
    },
    screenshot: async (clip) => {
      const { data } = await send('Page.captureScreenshot', {
        format: 'png',
        captureBeyondViewport: true,
        clip: { ...clip, scale: 1 },
      });
      return Buffer.from(data as string, 'base64');
    },
    close: async () => {
      await send('Page.close');
    },
    pdf: async () => {
      const { data } = await send('Page.printToPDF', { preferCSSPageSize: true });
      return Buffer.from(data as string, 'base64');
    },
  };
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
