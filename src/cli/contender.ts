/** scripts/peers/wgsl-train.js: this project as a contender of scripts/bench.js, in its own process. */
import { commandLine } from '../platform/command-line.js';
import { createInterface } from 'node:readline';
import { EngineError } from '../base/errors.js';
import { exitCodeOf, type CommandContext } from './command.js';
import { createOutput } from './output.js';
import type { StepRequest } from '../tools/bench/contenders.js';
import { openStepBench } from '../tools/bench/step-bench.js';
import { readTuning } from '../runs/tuning-file.js';

/** Answers each line (a number of steps) with the time they took; see scripts/peers/lib/contender.js. */
export function contenderCommand(
  argv: readonly string[],
  { stdout, stderr, signal }: CommandContext,
  open = openStepBench,
  input?: AsyncIterable<string>,
): Promise<number> {
  const output = createOutput({ stdout, stderr, json: true, quiet: true });
  return exitCodeOf(output, signal, async () => {
    const request = parseRequest(argv);
    const { widths, dropout, learningRate, weightDecay, batch: batchSize, adapter, tuning } = request;
    const bench = await open({ adapter, tuning: tuning === undefined ? undefined : readTuning(tuning) });
    try {
      const [inputs, hidden, classes] = [widths[0]!, widths.slice(1, -1), widths.at(-1)!];
      const network = { inputs, hidden, classes, dropout };
      const runner = await bench.prepare({ ...network, learningRate, weightDecay, batchSize });
      output.event({ ready: { runsOn: bench.description } });
      for await (const line of input ?? createInterface({ input: process.stdin })) {
        const before = process.cpuUsage();
        const { steps, ms, loss } = await runner.run(Number(line), signal);
        const { user, system } = process.cpuUsage(before);
        output.event({ steps, ms, cpuMs: (user + system) / 1000, loss });
      }
      return 0;
    } finally {
      bench.close();
    }
  });
}

function parseRequest(argv: readonly string[]): StepRequest {
  try {
    return JSON.parse(argv[0] ?? '') as StepRequest;
  } catch (cause) {
    throw new EngineError('usage', 'the step to measure is missing', {
      found: argv.join(' '),
      expected: 'one argument of JSON, as scripts/peers/lib/contender.js describes it',
      remedy: `run ${commandLine('bench')}, which starts this program`,
      cause,
    });
  }
}
