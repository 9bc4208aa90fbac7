/** A proxy on this machine, and servers that only it can reach. */
import { generateKeyPairSync, sign } from 'node:crypto';
import { createServer, request as ask } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { connect, type AddressInfo, type Server, type Socket } from 'node:net';
import type { Behaviour } from './server.js';

export interface TestProxy {
  readonly url: string;
  /**
   * What it was asked for: `GET http://a.test/file`, `CONNECT a.test:443`; with the credentials, if any came.
   */
  readonly requests: string[];
  readonly close: () => Promise<void>;
}

/**
 * @param ports of the servers behind it, by the host (and port) that clients name. @param refusal what it
 *   answers instead
 */
export async function serveProxy(
  ports: Readonly<Record<string, number>>,
  refusal: number | null = null,
): Promise<TestProxy> {
  const requests: string[] = [];
  const sockets = new Set<Socket>();
  const note = (what: string, credentials = ''): void => {
    requests.push(`${what} ${credentials}`.trim());
  };
  const server = createServer((request, response) => {
    const { method, url = '', headers } = request;
    note(`${method!} ${url}`, headers['proxy-authorization']);
    const { host, pathname } = new URL(url);
    const port = ports[host];
    if (refusal !== null || port === undefined) {
      response.writeHead(refusal ?? 502).end();
      return;
    }
    const onward = ask({ host: '127.0.0.1', port, path: pathname, headers }, (answer) => {
      response.writeHead(answer.statusCode!, answer.headers);
      answer.pipe(response);
      answer.on('error', () => response.destroy());
    });
    onward.on('error', () => response.destroy());
    onward.end();
  });
  server.on('connect', ({ url = '', headers }, socket: Socket) => {
    note(`CONNECT ${url}`, headers['proxy-authorization']);
    const port = ports[url];
    if (refusal !== null || port === undefined) {
      socket.end(`HTTP/1.1 ${refusal ?? 502} Refused\r\n\r\n`);
      return;
    }
    const onward = connect(port, '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      socket.pipe(onward).pipe(socket);
    });
    for (const each of [socket, onward]) {
      sockets.add(each);
      each.on('error', () => each.destroy());
    }
  });
  const port = await listen(server);
  const close = async (): Promise<void> => {
    for (const socket of sockets) socket.destroy();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  return { url: `http://127.0.0.1:${port}`, requests, close };
}

/** An https server with a certificate that nobody vouches for. */
export async function serveTls(
  behaviour: Behaviour,
): Promise<{ readonly port: number; readonly close: () => Promise<void> }> {
  const server = createTlsServer(certificate(), (request, response) => {
    behaviour(response, request);
  });
  const port = await listen(server);
  const close = async (): Promise<void> => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  return { port, close };
}

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

/** A self-signed certificate (RFC 5280) of a new key, in DER by hand: Node makes none. */
function certificate(): { readonly key: string; readonly cert: string } {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const der = (tag: number, ...parts: readonly Uint8Array[]): Buffer => {
    const content = Buffer.concat(parts);
    const length =
      content.length < 128 ? [content.length] : [0x82, content.length >> 8, content.length & 255];
    return Buffer.concat([Buffer.from([tag, ...length]), content]);
  };
  const [sequence, set, integer, text, time] = [0x30, 0x31, 2, 12, 23];
  const ecdsaWithSha256 = der(sequence, der(6, Buffer.from('2a8648ce3d040302', 'hex')));
  const commonName = der(6, Buffer.from('550403', 'hex'));
  const name = der(sequence, der(set, der(sequence, commonName, der(text, Buffer.from('test')))));
  const validity = ['700101000000Z', '491231235959Z'].map((each) => der(time, Buffer.from(each)));
  const body = der(
    sequence,
    der(integer, Buffer.from([1])),
    ecdsaWithSha256,
    name,
    der(sequence, ...validity),
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
  );
  const signature = der(3, Buffer.from([0]), sign('sha256', body, privateKey));
  const whole = der(sequence, body, ecdsaWithSha256, signature).toString('base64');
  return {
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
    cert: `-----BEGIN CERTIFICATE-----\n${whole}\n-----END CERTIFICATE-----\n`,
  };
}
