/** A server for this machine only: what serves runs and what serves the page share it. */
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { EngineError } from '../../base/errors.js';
import { headersFor } from './policy.js';
import { Refusal } from './request.js';

export interface LocalServer {
  readonly url: string;
  /** Ends every connection. */
  readonly close: () => Promise<void>;
}

const address = '127.0.0.1';

/**
 * @param port 0 takes any free one
 * @param answer to a request; a Refusal that it throws is sent
 * @throws EngineError `usage` if the port is taken or not allowed
 */
export async function openLocally(
  port: number,
  answer: (response: ServerResponse) => Promise<void>,
): Promise<LocalServer> {
  const server = createServer((_, response) => {
    answer(response).catch((error: unknown) => {
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

/** As `openLocally`, at the usual port where none was asked for, or at any that is free if that is taken. */
export async function openAtUsualPort<T>(
  asked: number | null,
  usual: number,
  open: (port: number) => Promise<T>,
): Promise<T> {
  if (asked !== null) return open(asked);
  try {
    return await open(usual);
  } catch {
    return open(0);
  }
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
