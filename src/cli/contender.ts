/** scripts/peers/wgsl-train.js: this project as a contender of scripts/bench.js, in its own process. */
import { commandLine } from '../platform/command-line.js';
import { createInterface } from 'node:readline';
import { EngineError } from '../base/errors.js';
import { exitCodeOf, type CommandContext } from './command.js';
import { createOutput } from './output.js';
import type { StepRequest } from '../tools/bench/contenders.js';
import { loadStepBench } from '../tools/bench/load-step-bench.js';
import type { OpenStepBench } from '../tools/bench/step-bench.js';
import { readTuning } from '../runs/tuning-file.js';

/** Answers each line (a number of steps) with the time they took; see scripts/peers/lib/contender.js. */
export function contenderCommand(
  argv: readonly string[],
  { stdout, stderr, signal }: CommandContext,
  open: OpenStepBench = loadStepBench,
  input?: AsyncIterable<string>,
): Promise<number> {
  const output = createOutput({ stdout, stderr, json: true, quiet: true });
  return exitCodeOf(output, signal, async () => {
    const { batch, widths, adapter, tuning, ...settings } = parseRequest(argv);
    const bench = await open({
      ...(adapter !== undefined && { adapter }),
      ...(tuning !== undefined && { tuning: readTuning(tuning) }),
    });
    try {
      const runner = await bench.prepare({
        inputs: widths[0]!,
        hidden: widths.slice(1, -1),
        classes: widths.at(-1)!,
        dropout: settings.dropout,
        learningRate: settings.learningRate,
        weightDecay: settings.weightDecay,
        batchSize: batch,
      });
      output.event({ ready: { runsOn: bench.description } });
      for await (const line of input ?? createInterface({ input: process.stdin })) {
        const { steps, ms, loss } = await runner.run(Number(line), signal);
        output.event({ steps, ms, loss });
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
