/** Contenders as processes: small programs in Node that behave well or badly. */
import { afterEach, describe, expect, it } from 'vitest';
import { startContender, type Running } from './process.js';
import { EngineError } from '../../base/errors.js';

const started: Running[] = [];
afterEach(async () => {
  await Promise.all(started.splice(0).map((running) => running.stop()));
});

async function start(program: string, limitMs = 60_000): Promise<Running> {
  const running = await startContender({ command: process.execPath, args: ['-e', program], limitMs });
  started.push(running);
  return running;
}

const ready = `console.log(JSON.stringify({ ready: { runsOn: 'here' } }));`;
const answering = (answer: string): string =>
  `${ready} require('readline').createInterface({ input: process.stdin }).on('line', (line) => { ${answer} });`;

describe('a contender', () => {
  it('says that it is ready, then answers', async () => {
    const running = await start(
      answering(`console.log(JSON.stringify({ steps: +line, ms: 2 * line, loss: 1 }))`),
    );
    expect(running.facts).toEqual({ runsOn: 'here' });
    expect(await running.run(3)).toEqual({ steps: 3, ms: 6, loss: 1 });
    expect(await running.run(5)).toEqual({ steps: 5, ms: 10, loss: 1 });
  });

  it('may be chatty', async () => {
    const chatter = `console.log('hello'); console.log('{ not json'); console.error('{"steps": 9}');`;
    const running = await start(
      chatter +
        answering(`console.log('...'); console.log(JSON.stringify({ steps: +line, ms: 1, loss: 1 }))`),
    );
    expect(await running.run(3)).toEqual({ steps: 3, ms: 1, loss: 1 });
  });

  it('that ends before it is ready fails with its last words', async () => {
    await expect(start(`throw new Error('no such backend')`)).rejects.toThrow(
      'it ended (exit code 1): Error: no such backend',
    );
  });

  it('that crashes in between fails with the signal', async () => {
    const running = await start(answering(`process.kill(process.pid, 'SIGSEGV')`));
    await expect(running.run(3)).rejects.toThrow('it ended (SIGSEGV)');
    await expect(running.run(3)).rejects.toThrow('it ended (SIGSEGV)');
  });

  it('that is silent for too long fails', async () => {
    await expect(start('setInterval(() => {}, 1000)', 300)).rejects.toThrow('it gave no answer within 0.3 s');
  });

  it('that is not there fails', async () => {
    const missing = startContender({ command: '/no/such/program', args: [], limitMs: 60_000 });
    await expect(missing).rejects.toThrow('ENOENT');
  });

  it('that reports an error of this project keeps its kind, and so its exit code', async () => {
    const event = {
      event: 'error',
      kind: 'no-adapter',
      message: 'no adapter',
      found: 'nothing',
      remedy: 'install',
    };
    const failed = start(`console.log(${JSON.stringify(JSON.stringify(event))}); process.exitCode = 69`);
    const error = await failed.catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(EngineError);
    expect(error).toMatchObject({ kind: 'no-adapter', exitCode: 69, found: 'nothing', expected: undefined });
  });

  it('is gone once it was stopped', async () => {
    const running = await start(answering(''));
    await running.stop();
    await expect(running.run(1)).rejects.toThrow('it ended (exit code 0)');
  });
});
