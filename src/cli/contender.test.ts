import { describe, expect, it } from 'vitest';
import { EngineError } from '../base/errors.js';
import { contenderCommand } from './contender.js';
import { stepRequest } from '../tools/bench/contenders.js';
import type { OpenStepBench } from '../tools/bench/step-bench.js';
import type { StepWork } from '../tools/bench/measure.js';
import { capture } from '../testing/capture.js';
import { fakeBench } from '../tools/bench/testing/step-bench.js';

async function* lines(...texts: readonly string[]): AsyncGenerator<string> {
  await Promise.resolve();
  yield* texts;
}

async function run(argv: readonly string[], open: OpenStepBench) {
  const [stdout, stderr] = [capture(), capture()];
  const { signal } = new AbortController();
  const loadEngine = (): never => {
    throw new Error('a step needs no data and no experiments');
  };
  const code = await contenderCommand(argv, { stdout, stderr, signal, loadEngine }, open, lines('5', '7'));
  return { code, stdout, stderr };
}

describe('this project as a contender', () => {
  it('is asked as its peers are, and answers as they do', async () => {
    const works: StepWork[] = [];
    const bench = fakeBench({ ms: () => 2, beforePreparing: (work) => works.push(work) });
    const request = stepRequest(32, 1, { adapter: 'llvm' });
    const { code, stdout } = await run([JSON.stringify(request)], (options) => {
      expect(options).toEqual({ adapter: 'llvm' });
      return Promise.resolve(bench);
    });
    expect(code).toBe(0);
    expect(works).toEqual([
      {
        inputs: 784,
        hidden: [256, 128],
        classes: 10,
        dropout: 0.3,
        learningRate: 1e-3,
        weightDecay: 5e-4,
        batchSize: 32,
      },
    ]);
    const cpuMs = expect.any(Number) as unknown;
    expect(stdout.records()).toEqual([
      { ready: { runsOn: 'a test adapter' } },
      { steps: 5, ms: 10, cpuMs, loss: 1 },
      { steps: 7, ms: 14, cpuMs, loss: 1 },
    ]);
    expect(bench.closed).toBe(true);
  });

  it('reports an error as a record, so that whoever started it can pass it on', async () => {
    const { code, stdout } = await run([JSON.stringify(stepRequest(32, 1, {}))], () =>
      Promise.reject(new EngineError('no-adapter', 'no WebGPU adapter was found')),
    );
    expect(code).toBe(69);
    expect(stdout.records()).toMatchObject([{ event: 'error', kind: 'no-adapter', exitCode: 69 }]);
  });

  it('says who starts it', async () => {
    const { code, stderr } = await run([], () => Promise.resolve(fakeBench()));
    expect(code).toBe(2);
    expect(stderr.text()).toContain('node scripts/bench.js');
  });
});
