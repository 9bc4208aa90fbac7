/** Who may use a queue, and over which connection: TLS, users and their rights. Workers need dist/. */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EngineError } from '../../base/errors.js';
import { parseAddress } from './address.js';
import { closeQueue, openQueue } from './connect.js';
import { enqueueUnits } from './enqueue.js';
import { queueName } from './job.js';
import { freePort, hasRedis, startRedis, type TestServer } from './testing/redis.js';
import { usualTimes, work } from './work.js';

const script = fileURLToPath(new URL('testing/worker.js', import.meta.url));
const isBuilt = existsSync(fileURLToPath(new URL('../../../dist/tools/queue/work.js', import.meta.url)));
const hasOpenssl = spawnSync('openssl', ['version'], { stdio: 'ignore' }).status === 0;
if (!isBuilt || !hasOpenssl) console.warn('skipped: tests of TLS need dist/ (npm run build) and openssl');

const units = { units: 2, configSha256: 'e'.repeat(64) };
const name = queueName(units);

let folder: string;
let server: TestServer | null = null;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'wgsl-train-access-'));
});
afterEach(async () => {
  await server?.remove();
  server = null;
  rmSync(folder, { recursive: true, force: true });
});

async function refusalOf(url: string): Promise<EngineError> {
  const error = await openQueue(name, parseAddress(url)).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(EngineError);
  return error as EngineError;
}

/** The rights that docs/many-machines.md names. */
const rights =
  '~bull:wgsl-train-* &* -@all +@read +@write +@scripting +@connection +@transaction +@blocking ' +
  '-@dangerous +info';

describe.skipIf(!hasRedis)('a server', () => {
  it('that is not there is told by its place', async () => {
    const port = await freePort();
    const error = await refusalOf(`redis://anna:topsecret@127.0.0.1:${port}`);
    expect(error.kind).toBe('no-data');
    expect(error.describe()).toContain(`the server at 127.0.0.1:${port} cannot be reached`);
    expect(error.describe()).not.toContain('topsecret');
  });

  it('that asks for a password is told', async () => {
    server = await startRedis(['--requirepass', 'right']);
    for (const userinfo of ['', ':topsecret@', 'anna:topsecret@']) {
      const error = await refusalOf(`redis://${userinfo}127.0.0.1:${server.port}`);
      expect(error.kind).toBe('usage');
      expect(error.message).toBe(`the server at 127.0.0.1:${server.port} refuses this user`);
      expect(error.describe()).not.toContain('topsecret');
    }
    await closeQueue(await openQueue(name, parseAddress(`redis://:right@127.0.0.1:${server.port}`)));
  });

  it('can give a user the least rights that suffice', async () => {
    server = await startRedis([
      '--user',
      'default',
      'off',
      '--user',
      'trainer',
      'on',
      '>pw',
      ...rights.split(' '),
    ]);
    const address = parseAddress(`redis://trainer:pw@127.0.0.1:${server.port}`);
    const queue = await openQueue(name, address);
    const faults: string[] = [];
    await enqueueUnits(queue, units, [0, 1]);
    const ends = [74, 69, 0, 0, 2];
    const once = () =>
      work({
        queue,
        address,
        units,
        concurrency: 1,
        run: () => Promise.resolve({ code: ends.shift() ?? 0, signal: null, words: '' }),
        listener: {
          unit: () => undefined,
          refused: () => undefined,
          fault: ({ message }) => faults.push(message),
        },
        signal: new AbortController().signal,
        times: { ...usualTimes, pause: 10, retry: 10, poll: 50 },
      });
    expect(await once()).toBe('left');
    expect(await once()).toBe('empty');
    await enqueueUnits(queue, units, [0]);
    expect(await once()).toBe('empty');
    expect(await enqueueUnits(queue, units, [0])).toBe(1);
    expect(faults).toEqual([]);
    const client = await queue.client;
    await expect(client.set('other', '1')).rejects.toThrow('NOPERM');
    await expect(client.set('bull:other:1', '1')).rejects.toThrow('NOPERM');
    await closeQueue(queue);
  });
});

describe.skipIf(!hasRedis || !isBuilt || !hasOpenssl)('TLS', () => {
  const openssl = (...words: string[]): void => {
    const { status, stderr } = spawnSync('openssl', words, { cwd: folder, encoding: 'utf8' });
    if (status !== 0) throw new Error(stderr);
  };

  function worker(url: string, env: NodeJS.ProcessEnv): Promise<{ code: number | null; text: string }> {
    const child = spawn(process.execPath, [script, folder, url, '2', '100', '30000'], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, ...env },
    });
    let text = '';
    child.stdout.setEncoding('utf8').on('data', (some: string) => (text += some));
    return new Promise((resolve) => {
      child.on('close', (code) => {
        resolve({ code, text });
      });
    });
  }

  it('needs the certificate of the authority, and the name in it', async () => {
    openssl(
      'req',
      '-x509',
      '-newkey',
      'rsa:2048',
      '-nodes',
      '-keyout',
      'ca.key',
      '-out',
      'ca.pem',
      '-subj',
      '/CN=ca',
    );
    openssl(
      'req',
      '-newkey',
      'rsa:2048',
      '-nodes',
      '-keyout',
      'key.pem',
      '-out',
      'csr.pem',
      '-subj',
      '/CN=localhost',
    );
    openssl(
      'x509',
      '-req',
      '-in',
      'csr.pem',
      '-CA',
      'ca.pem',
      '-CAkey',
      'ca.key',
      '-CAcreateserial',
      '-out',
      'cert.pem',
    );
    const at = (file: string): string => join(folder, file);
    const files = [
      '--tls-cert-file',
      at('cert.pem'),
      '--tls-key-file',
      at('key.pem'),
      '--tls-ca-cert-file',
      at('ca.pem'),
    ];
    server = await startRedis(['--port', '0', '--tls-port', 'PORT', '--tls-auth-clients', 'no', ...files]);
    const url = `rediss://localhost:${server.port}`;
    const trusting = { NODE_EXTRA_CA_CERTS: at('ca.pem') };
    const unknown = await worker(url, { NODE_EXTRA_CA_CERTS: '' });
    expect(unknown.text).toContain('NODE_EXTRA_CA_CERTS=ca.pem');
    expect(unknown.code).toBe(66);
    const otherName = await worker(`rediss://127.0.0.1:${server.port}`, trusting);
    expect(otherName.text).toContain("does not match certificate's altnames");
    expect(await worker(url, trusting)).toEqual({ code: 0, text: 'connected\nempty\n' });
  });
});
