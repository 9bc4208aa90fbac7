/** Trains units out of a queue, until none is left. */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Queue } from 'bullmq';
import { EngineError, exitCodes } from '../../base/errors.js';
import type { Output } from '../../base/output.js';
import { commandLine } from '../../platform/command-line.js';
import { runFiles } from '../../runs/index.js';
import { runUnit, type UnitCommand } from '../../tools/queue/child.js';
import { closeQueue, openQueue } from '../../tools/queue/connect.js';
import { jobId, queueName, type UnitsOfRun } from '../../tools/queue/job.js';
import { howItEnded } from '../../tools/queue/verdict.js';
import { usualTimes, work, type UnitEvent, type WorkEnd, type WorkListener } from '../../tools/queue/work.js';
import { defineCommand } from '../command.js';
import { defaulting } from '../option.js';
import { queueWords, readQueueWords, unitsWithoutResults, type QueueOfRun } from '../queue-run.js';
import { adapter, counted } from '../shared-options.js';
import { stopKindOf } from '../stop.js';
import { recordedOptions } from '../train-options.js';

export const command = defineCommand({
  name: 'worker',
  group: 'train',
  summary: 'train units of a run out of a queue on Redis or Valkey, until all are done',
  about: [
    'It ends with 0 once all units are done, on whichever machine. Until then it waits, because a machine ' +
      'that goes away gives its units back.',
    'It needs the package bullmq: npm install bullmq@5.',
  ],
  words: queueWords,
  options: {
    concurrency: defaulting(
      counted('--concurrency', 'K', 'how many units are trained side by side on this machine', [1, 256]),
      1,
    ),
    adapter,
    mixed: recordedOptions.mixed,
  },
  quiet: 'units that failed, and the last line',
  run: async ({ words, concurrency, ...settings }, { output, signal }) => {
    const ours = readQueueWords(words);
    const { run, units, address } = ours;
    const options = [
      ...(settings.adapter === undefined ? [] : ['--adapter', settings.adapter]),
      ...(settings.mixed ? ['--mixed'] : []),
    ];
    const queue = await openQueue(queueName(units), address);
    try {
      const end = await work({
        queue,
        address,
        units,
        concurrency,
        run: (unit, stop) => runUnit(trainingOf(run, `${unit}/${units.units}`, options), stop),
        listener: tellOn(output, units, address.where),
        signal,
        times: usualTimes,
      });
      return await exitCodeOf(end, { ...ours, queue, output, signal });
    } finally {
      await closeQueue(queue);
    }
  },
});

const train = fileURLToPath(new URL('../../../scripts/train.js', import.meta.url));

/** The command that trains a unit. Nothing of it comes out of the queue but a number that was checked. */
function trainingOf(run: string, unit: string, options: readonly string[]): UnitCommand {
  const config = join(run, runFiles.config);
  return {
    file: process.execPath,
    args: [train, '--config', config, '--out', run, '--unit', unit, ...options],
  };
}

const texts: Readonly<Record<UnitEvent['state'], string>> = {
  begun: 'begun',
  done: 'done',
  back: 'stopped, and back in the queue',
  leave: 'back in the queue: this machine cannot train it',
  lost: 'stopped: the queue gave it to another machine, because it did not hear of this one',
  again: 'failed; it is tried again later, at most 5 times',
  failed: 'failed',
};

function tellOn(output: Output, { units }: UnitsOfRun, server: string): WorkListener {
  let lastFault = '';
  return {
    unit: ({ unit, state, end }) => {
      const isFault = end !== null && state !== 'done';
      const code = end?.code ?? null;
      output.event({ event: 'unit', unit, units, state, exitCode: code, signal: end?.signal ?? null });
      const text = state === 'done' && code === exitCodes.diverged ? 'done: a trial diverged' : texts[state];
      const line = `unit ${unit}/${units}: ${text}`;
      if (!isFault) output.info(line);
      else output.error([`${line} (${howItEnded(end)})`, ...end.words.split('\n')].join('\n  ').trimEnd());
      lastFault = '';
    },
    refused: (error) => {
      output.event({
        event: 'refused',
        message: error.message,
        found: error.found,
        expected: error.expected,
      });
      output.error(error.describe());
    },
    fault: ({ message }) => {
      // A server that is away says so with each try to reach it.
      if (message !== lastFault) output.error(`warning: the queue at ${server}: ${message}`);
      lastFault = message;
    },
  };
}

interface Ended extends QueueOfRun {
  readonly queue: Queue;
  readonly output: Output;
  readonly signal: AbortSignal;
}

/** @throws EngineError `no-data` where the queue is empty and units have no results */
async function exitCodeOf(end: WorkEnd, ended: Ended): Promise<number> {
  const { run, units, queue, output, signal } = ended;
  if (end === 'stopped') return exitCodes[stopKindOf(signal)];
  if (end === 'left') return exitCodes['no-adapter'];
  const missing = unitsWithoutResults(ended);
  if (missing.length === 0) {
    output.event({ event: 'finished', units: units.units });
    output.result(`all ${units.units} units are done; merge them: ${commandLine('train', '--resume', run)}`);
    return 0;
  }
  const reasons = await Promise.all(missing.slice(0, 5).map((unit) => reasonOf(queue, unit)));
  throw new EngineError(
    'no-data',
    `the queue is empty, and ${missing.length} of ${units.units} units have no results`,
    {
      found: `${reasons.join('; ')}${missing.length > 5 ? `; and ${missing.length - 5} more` : ''}`,
      expected: 'units that are done or in the queue',
      remedy: `see why: ${commandLine('status', run)}; then again: ${commandLine('enqueue', run, 'URL')}`,
    },
  );
}

async function reasonOf(queue: Queue, unit: number): Promise<string> {
  // A forged job may not be readable.
  const job = await queue.getJob(jobId(unit)).catch(() => undefined);
  const { failedReason }: { readonly failedReason?: string } = job ?? {};
  const reason = failedReason?.split('\n')[0];
  if (reason === undefined) return `unit ${unit} is not in the queue`;
  // What the process said at its end stands in its unit, too.
  return `unit ${unit} failed: ${/^(exit code \d+|SIG\w+)(?=:)/.exec(reason)?.[0] ?? reason}`;
}
