/** BullMQ, loaded only where a queue is used: the package is optional. */
import type { Queue } from 'bullmq';
import { EngineError } from '../../base/errors.js';
import { loadPackage } from '../../base/load-package.js';
import type { RedisAddress } from './address.js';

export type Bullmq = typeof import('bullmq');

/** The newest that was tested. */
const version = '5.81.5';

/** @throws EngineError `usage` where the package is not installed */
export function loadBullmq(): Promise<Bullmq> {
  return loadPackage('a queue', `bullmq@${version}`, import('bullmq'));
}

/**
 * Connects to a queue.
 * @throws EngineError `no-data` if the server cannot be reached, `usage` if it refuses this user
 */
export async function openQueue(name: string, address: RedisAddress): Promise<Queue> {
  const { Queue, RedisConnection } = await loadBullmq();
  const { connection } = address;
  // One that gives up at once: a queue would try to connect for ever.
  const probe = new RedisConnection({ ...connection, retryStrategy: () => null }, { blocking: false });
  probe.on('error', () => undefined);
  try {
    await probe.client;
  } catch (error) {
    throw connectionError(error, address);
  }
  await probe.close();
  const queue = new Queue(name, { connection, skipVersionCheck: true });
  // What it cannot do is thrown, or done once the server is back.
  queue.on('error', () => undefined);
  await queue.waitUntilReady();
  return queue;
}

/** Ends the connection at once: a server that does not answer is not waited for. */
export async function closeQueue(queue: Queue): Promise<void> {
  (await queue.client).disconnect();
}

const certificate = /SELF_SIGNED|UNABLE_TO_(VERIFY|GET_ISSUER)|CERT_/;

/**
 * What went wrong with a server, without the error itself: ioredis keeps the password in it.
 */
export function connectionError(error: unknown, { where }: RedisAddress): EngineError {
  const { code = '', message } = error as NodeJS.ErrnoException;
  const found = message === '' ? code : message;
  if (/^(NOAUTH|WRONGPASS|NOPERM|ERR AUTH)/.test(message))
    return new EngineError('usage', `the server at ${where} refuses this user`, {
      found,
      expected: 'a user with the rights that docs/many-machines.md lists, and its password',
      remedy: 'write both into the URL: redis://USER:PASSWORD@HOST:PORT',
    });
  return new EngineError('no-data', `the server at ${where} cannot be reached`, {
    found,
    expected: 'a Redis or Valkey server that answers there',
    remedy: certificate.test(code)
      ? 'name the certificate of its authority: NODE_EXTRA_CA_CERTS=ca.pem'
      : 'start it, or check host, port, and rediss:// for a server with TLS',
  });
}
