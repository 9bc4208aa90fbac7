import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What a server on this machine does with one request. */
export type Behaviour = (response: ServerResponse, request: IncomingMessage) => void;

export interface TestServer {
  /** Ends with a slash. */
  readonly url: string;
  readonly host: string;
  /** Path and Range header of every request so far, such as `/file bytes=10-`. */
  readonly requests: string[];
  readonly close: () => Promise<void>;
}

/** Starts a server whose n-th request is met by the n-th behaviour, and all later ones by the last. */
export async function serve(...behaviours: readonly Behaviour[]): Promise<TestServer> {
  const requests: string[] = [];
  const server = createServer((request, response) => {
    const behaviour = behaviours[Math.min(requests.length, behaviours.length - 1)]!;
    requests.push(`${request.url ?? ''} ${request.headers.range ?? ''}`.trim());
    behaviour(response, request);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const close = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => {
        resolve();
      });
      server.closeAllConnections();
    });
  return { url: `http://${host}/`, host, requests, close };
}

/** A server as it should be: the whole content, or the part that Range asks for. */
export function whole(content: Uint8Array): Behaviour {
  return (response, request) => {
    const start = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? NaN);
    if (Number.isNaN(start)) {
      response.writeHead(200, { 'content-length': content.length }).end(content);
      return;
    }
    if (start >= content.length) {
      response.writeHead(416, { 'content-range': `bytes */${content.length}` }).end();
      return;
    }
    const range = `bytes ${start}-${content.length - 1}/${content.length}`;
    const headers = { 'content-range': range, 'content-length': content.length - start };
    response.writeHead(206, headers).end(content.subarray(start));
  };
}

/** Every file of a set by its name; 404 for others. */
export function files(contents: Readonly<Record<string, Uint8Array>>): Behaviour {
  return (response, request) => {
    const content = contents[(request.url ?? '').slice(1)];
    if (content === undefined) response.writeHead(404).end('no such file');
    else whole(content)(response, request);
  };
}

/** Sends the whole content whatever was asked for. */
export function ignoringRange(content: Uint8Array): Behaviour {
  return (response) => {
    response.writeHead(200, { 'content-length': content.length }).end(content);
  };
}

/** A fixed answer. */
export function answer(
  status: number,
  headers: Readonly<Record<string, string>>,
  body: string | Uint8Array = '',
): Behaviour {
  return (response) => {
    response.writeHead(status, headers).end(body);
  };
}

/** Promises `content` (or the part asked for), sends `count` bytes of it and then closes the connection. */
export function cutOff(content: Uint8Array, count: number): Behaviour {
  return (response, request) => {
    const start = Number(/\d+/.exec(request.headers.range ?? '')?.[0] ?? 0);
    const range = `bytes ${start}-${content.length - 1}/${content.length}`;
    const headers = { 'content-length': content.length - start, 'content-range': range };
    response.writeHead(start === 0 ? 200 : 206, headers);
    response.write(content.subarray(start, start + count), () => response.socket?.end());
  };
}

/** Promises `content`, sends `count` bytes of it and then nothing more, with the connection open. */
export function stall(content: Uint8Array, count: number): Behaviour {
  return (response) => {
    response.writeHead(200, { 'content-length': content.length });
    response.flushHeaders();
    if (count > 0) response.write(content.subarray(0, count));
  };
}

/** Sends one byte every 20 ms. */
export function trickle(content: Uint8Array): Behaviour {
  return (response) => {
    response.writeHead(200, { 'content-length': content.length });
    let sent = 0;
    const timer = setInterval(() => response.write(content.subarray(sent, ++sent)), 20);
    response.on('close', () => {
      clearInterval(timer);
    });
  };
}

/** Takes the request and never answers. */
export const silent: Behaviour = () => undefined;
