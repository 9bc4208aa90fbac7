/** A Redis or Valkey server of a test's own. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';

const program = ['redis-server', 'valkey-server'].find(
  (name) => spawnSync(name, ['--version'], { stdio: 'ignore' }).status === 0,
);

/** Whether tests with a server can run; says so where they cannot. */
export const hasRedis = program !== undefined;
if (!hasRedis) console.warn('skipped: tests of queues need redis-server or valkey-server');

export interface TestServer {
  readonly port: number;
  readonly url: string;
  /** Ends it with a signal, and waits until it is gone. */
  readonly end: (signal: NodeJS.Signals) => Promise<void>;
  /** Starts it again, on the same port and files. */
  readonly start: () => Promise<void>;
  /** Ends it and removes its files. */
  readonly remove: () => Promise<void>;
}

/** A port that nobody has; somebody may take it before it is used, which no test here does. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/**
 * Starts a server on a free port of 127.0.0.1.
 * @param options its options beside those for port and directory; `PORT` in them becomes the port
 * @param around what runs it, such as `ip netns exec NAME`
 */
export async function startRedis(
  options: readonly string[] = [],
  around: readonly string[] = [],
): Promise<TestServer> {
  const port = await freePort();
  const folder = mkdtempSync(join(tmpdir(), 'wgsl-train-redis-'));
  const args = ['--port', 'PORT', '--dir', folder, '--save', '', ...options];
  const [file, ...words] = [...around, program!, ...args.map((word) => word.replaceAll('PORT', `${port}`))];
  let child: ChildProcess;
  let output = '';
  const start = async (): Promise<void> => {
    child = spawn(file!, words, { stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [child.stdout!, child.stderr!])
      stream.setEncoding('utf8').on('data', (text: string) => (output += text));
    while (!output.includes('Ready to accept connections')) {
      if (child.exitCode !== null) throw new Error(`redis-server ended:\n${output}`);
      await setTimeout(20);
    }
    output = '';
  };
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise((resolve) => child.once('close', resolve));
    child.kill(signal);
    await gone;
  };
  await start();
  return {
    port,
    url: `redis://127.0.0.1:${port}`,
    start,
    end,
    remove: async () => {
      await end('SIGKILL');
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
