/** The words of commands that use a queue: a run, and a server. */
import { EngineError } from '../base/errors.js';
import { parseAddress, urlVariable, type RedisAddress } from '../tools/queue/address.js';
import type { Word } from './command-help.js';

export const queueWords: readonly Word[] = [
  { name: 'RUN', help: 'the directory of a run of several units, which all machines see' },
  {
    name: 'URL',
    help:
      'redis://[[USER]:PASSWORD@]HOST[:PORT][/DB], or rediss:// for TLS ' +
      `(default: ${urlVariable} in the environment)`,
    isOptional: true,
  },
];

/** @throws EngineError `usage` without a URL, and for one that is none */
export function readQueueWords([run = '', url = process.env[urlVariable]]: readonly string[]): {
  readonly run: string;
  readonly address: RedisAddress;
} {
  if (/^rediss?:/.test(run))
    throw new EngineError('usage', 'the URL of the queue stands where RUN was expected', {
      expected: 'first the directory of the run, then the URL',
      remedy: 'swap them',
    });
  if (url === undefined || url === '')
    throw new EngineError('usage', 'URL is missing', {
      expected: `the URL of a Redis or Valkey server, behind RUN or in ${urlVariable}`,
      remedy: `for example redis://127.0.0.1:6379`,
    });
  return { run, address: parseAddress(url) };
}
