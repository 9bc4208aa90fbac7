/** The server behind scripts/serve.js: on this machine only, reads only, keeps nothing. */
import { createReadStream } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { EngineError } from '../../base/errors.js';
import { findRun, listRuns } from './catalogue.js';
import { sendEvents, type Pace } from './event-stream.js';
import { openShownFile } from './files.js';
import { followScript, pageStyle } from './frame.js';
import { listContent, listPage } from './list-page.js';
import { headersFor } from './policy.js';
import { targetOf, type Refusal, type Target } from './request.js';
import { runPage } from './run-page.js';
import { watchRun } from './watch.js';

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

const absent: Refusal = { status: 404, reason: 'there is no such run or file' };

/** @throws EngineError `usage` if the port is taken or not allowed */
export async function startServer({ root, port, pace = usualPace }: ServerOptions): Promise<RunServer> {
  const streams = new Set<ServerResponse>();
  const server = createServer((request, response) => {
    answer(request, response, { root, pace, streams }).catch((error: unknown) => {
      const reason = error instanceof Error ? error.message : String(error);
      if (response.headersSent) response.destroy();
      else refuse(request, response, { status: 500, reason });
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

async function answer(request: IncomingMessage, response: ServerResponse, served: Served): Promise<void> {
  const { root } = served;
  const target = targetOf(request);
  if ('status' in target) {
    refuse(request, response, target);
    return;
  }
  switch (target.kind) {
    case 'list':
      send(request, response, htmlType, listPage(root, listRuns(root)));
      return;
    case 'list-events':
      stream(request, response, served, () => Promise.resolve(listContent(listRuns(root)).markup));
      return;
    case 'style':
      send(request, response, 'text/css; charset=utf-8', pageStyle);
      return;
    case 'script':
      send(request, response, 'text/javascript; charset=utf-8', followScript);
      return;
    case 'run':
    case 'run-events':
    case 'file':
      await answerOfRun(request, response, served, target);
  }
}

async function answerOfRun(
  request: IncomingMessage,
  response: ServerResponse,
  served: Served,
  target: Extract<Target, { readonly names: readonly string[] }>,
): Promise<void> {
  const { root } = served;
  const run = findRun(root, target.names);
  if (run === null) {
    refuse(request, response, absent);
    return;
  }
  if (target.kind === 'file') {
    sendFile(request, response, openShownFile(run, target.file));
    return;
  }
  const content = watchRun(root, run);
  if (target.kind === 'run') {
    const first = await content();
    send(request, response, htmlType, runPage(run, first!));
    return;
  }
  stream(request, response, served, async () => (await content())?.markup ?? null);
}

const htmlType = 'text/html; charset=utf-8';

function send(request: IncomingMessage, response: ServerResponse, type: string, text: string): void {
  const bytes = Buffer.from(text);
  response.writeHead(200, { ...headersFor('page', type), 'Content-Length': bytes.length });
  response.end(request.method === 'HEAD' ? undefined : bytes);
}

function sendFile(
  request: IncomingMessage,
  response: ServerResponse,
  file: ReturnType<typeof openShownFile>,
): void {
  if (file === null) {
    refuse(request, response, absent);
    return;
  }
  const { descriptor, bytes, type } = file;
  response.writeHead(200, { ...headersFor('file', type), 'Content-Length': bytes });
  // The file may grow meanwhile: what was announced is sent.
  const content = createReadStream('', { fd: descriptor, start: 0, end: Math.max(0, bytes - 1) });
  if (request.method === 'HEAD' || bytes === 0) {
    content.destroy();
    response.end();
    return;
  }
  content.on('error', () => response.destroy());
  response.on('close', () => content.destroy());
  content.pipe(response);
}

function stream(
  request: IncomingMessage,
  response: ServerResponse,
  { pace, streams }: Served,
  content: () => Promise<string | null>,
): void {
  if (request.method === 'HEAD') {
    response.writeHead(200, headersFor('page', 'text/event-stream; charset=utf-8')).end();
    return;
  }
  if (streams.size >= mostStreams) {
    refuse(request, response, { status: 503, reason: `${mostStreams} pages are open already: close one` });
    return;
  }
  streams.add(response);
  response.on('close', () => streams.delete(response));
  sendEvents(response, content, pace);
}

function refuse(
  request: IncomingMessage,
  response: ServerResponse,
  { status, reason }: Omit<Refusal, 'status'> & { readonly status: Refusal['status'] | 500 },
): void {
  response.writeHead(status, {
    ...headersFor('page', 'text/plain; charset=utf-8'),
    ...(status === 405 && { Allow: 'GET, HEAD' }),
    // What a refused request still sends is not waited for.
    Connection: 'close',
  });
  response.end(request.method === 'HEAD' ? undefined : `${reason}\n`);
}
