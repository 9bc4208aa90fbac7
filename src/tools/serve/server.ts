/** The server behind scripts/serve.js: on this machine only, reads only, keeps nothing. */
import { closeSync, createReadStream } from 'node:fs';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { EngineError } from '../../base/errors.js';
import { findRun, listRuns, type ListedRun } from './catalogue.js';
import { eventsType, sendEvents, type Pace } from './event-stream.js';
import { openShownFile } from './files.js';
import { followScript, pageStyle } from './frame.js';
import { listContent, listPage } from './list-page.js';
import { headersFor } from './policy.js';
import { partsOf, Refusal } from './request.js';
import { runPage, watchRun } from './run-page.js';

export interface RunServer {
  readonly url: string;
  /** Ends every connection. */
  readonly close: () => Promise<void>;
}

export interface ServerOptions {
  /** The directory with the runs, as `realpath` gives it. */
  readonly root: string;
  /** 0 takes any free one. */
  readonly port: number;
  readonly pace?: Pace;
}

const address = '127.0.0.1';
const usualPace: Pace = { look: 1000, alive: 15_000 };

/** Each draws charts of its own. */
const mostStreams = 32;

/** @throws EngineError `usage` if the port is taken or not allowed */
export async function startServer({ root, port, pace = usualPace }: ServerOptions): Promise<RunServer> {
  const streams = new Set<ServerResponse>();
  const server = createServer((_, response) => {
    answer(response, { root, pace, streams }).catch((error: unknown) => {
      if (response.headersSent) response.destroy();
      else refuse(response, error);
    });
  });
  await listen(server, port);
  return {
    url: `http://${address}:${(server.address() as AddressInfo).port}/`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      }),
  };
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      reject(
        new EngineError('usage', `port ${port} cannot be opened`, {
          found: cause.code === 'EADDRINUSE' ? 'another program listens on it' : cause.message,
          expected: 'a free port',
          remedy: 'name another with --port, or --port 0 for any that is free',
          cause,
        }),
      );
    });
    server.listen(port, address, resolve);
  });
}

interface Served {
  readonly root: string;
  readonly pace: Pace;
  readonly streams: Set<ServerResponse>;
}

/** Node itself leaves out the body of an answer to HEAD. @throws Refusal if there is nothing to send */
async function answer(response: ServerResponse, served: Served): Promise<void> {
  const { root } = served;
  const [room, ...names] = partsOf(response.req);
  const isAlone = names.length === 0;
  if (room === '' && isAlone) send(response, htmlType, listPage(root, listRuns(root)));
  else if (room === 'page.css' && isAlone) send(response, 'text/css; charset=utf-8', pageStyle);
  else if (room === 'follow.js' && isAlone) send(response, 'text/javascript; charset=utf-8', followScript);
  else if (room === 'events' && isAlone)
    stream(response, served, () => Promise.resolve(listContent(listRuns(root)).markup));
  else if (room === 'events') {
    const content = watchRun(root, runAt(root, names));
    stream(response, served, async () => (await content())?.markup ?? null);
  } else if (room === 'run') {
    const run = runAt(root, names);
    const first = await watchRun(root, run)();
    send(response, htmlType, runPage(run, first!));
  } else if (room === 'file') {
    const length = names.at(-2) === 'charts' ? 2 : 1;
    sendFile(response, openShownFile(runAt(root, names.slice(0, -length)), names.slice(-length)));
  } else throw new Refusal(404, 'there is no such page');
}

function absent(): Refusal {
  return new Refusal(404, 'there is no such run or file');
}

function runAt(root: string, names: readonly string[]): ListedRun {
  const run = findRun(root, names);
  if (run === null) throw absent();
  return run;
}

const htmlType = 'text/html; charset=utf-8';

function send(response: ServerResponse, type: string, text: string): void {
  const bytes = Buffer.from(text);
  response.writeHead(200, { ...headersFor('page', type), 'Content-Length': bytes.length });
  response.end(bytes);
}

function sendFile(response: ServerResponse, file: ReturnType<typeof openShownFile>): void {
  if (file === null) throw absent();
  const { descriptor, bytes, type } = file;
  response.writeHead(200, { ...headersFor('file', type), 'Content-Length': bytes });
  if (response.req.method === 'HEAD' || bytes === 0) {
    closeSync(descriptor);
    response.end();
    return;
  }
  // The file may grow meanwhile: what was announced is sent.
  const content = createReadStream('', { fd: descriptor, start: 0, end: bytes - 1 });
  content.on('error', () => response.destroy());
  response.on('close', () => content.destroy());
  content.pipe(response);
}

function stream(
  response: ServerResponse,
  { pace, streams }: Served,
  content: () => Promise<string | null>,
): void {
  if (response.req.method === 'HEAD') {
    response.writeHead(200, headersFor('page', eventsType)).end();
    return;
  }
  if (streams.size >= mostStreams) throw new Refusal(503, `${mostStreams} pages are open already: close one`);
  streams.add(response);
  response.on('close', () => streams.delete(response));
  sendEvents(response, content, pace);
}

function refuse(response: ServerResponse, error: unknown): void {
  const status = error instanceof Refusal ? error.status : 500;
  response.writeHead(status, {
    ...headersFor('page', 'text/plain; charset=utf-8'),
    ...(status === 405 && { Allow: 'GET, HEAD' }),
    // What a refused request still sends is not waited for.
    Connection: 'close',
  });
  response.end(`${error instanceof Error ? error.message : String(error)}\n`);
}
