/** What commands that use a queue are told: a run in units, and a server. */
import { EngineError } from '../base/errors.js';
import { divergedInUnit, unitDirectory } from '../runs/index.js';
import { parseAddress, urlVariable, type RedisAddress } from '../tools/queue/address.js';
import type { UnitsOfRun } from '../tools/queue/job.js';
import type { Word } from './command-help.js';
import { unitsOfRun, configSha256 } from './train/config.js';

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

export interface QueueOfRun {
  readonly run: string;
  readonly units: UnitsOfRun;
  readonly address: RedisAddress;
}

/**
 * @throws EngineError `usage` without a URL, for one that is none, and for a run that is not in units;
 *   `no-data`, `bad-file` where it cannot be read
 */
export function readQueueWords([name = '', url = process.env[urlVariable]]: readonly string[]): QueueOfRun {
  if (/^rediss?:/.test(name))
    throw new EngineError('usage', 'the URL of the queue stands where RUN was expected', {
      expected: 'first the directory of the run, then the URL',
      remedy: 'swap them',
    });
  if (url === undefined || url === '')
    throw new EngineError('usage', 'URL is missing', {
      expected: `the URL of a Redis or Valkey server, behind RUN or in ${urlVariable}`,
      remedy: 'for example redis://127.0.0.1:6379',
    });
  const address = parseAddress(url);
  const { directory: run, units } = unitsOfRun(name);
  return { run, units: { units, configSha256: configSha256(run) }, address };
}

/** The units that have no results yet, in order. */
export function unitsWithoutResults({ run, units: { units } }: QueueOfRun): number[] {
  const all = Array.from({ length: units }, (_, unit) => unit);
  return all.filter((unit) => divergedInUnit(unitDirectory(run, unit, units)) === null);
}
