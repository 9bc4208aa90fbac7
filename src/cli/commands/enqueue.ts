/** Puts the units of a run into a queue, for workers on several machines. */
import { EngineError } from '../../base/errors.js';
import { commandLine } from '../../platform/command-line.js';
import { closeQueue, openQueue } from '../../tools/queue/connect.js';
import { enqueueUnits } from '../../tools/queue/enqueue.js';
import { queueName } from '../../tools/queue/job.js';
import { defineCommand } from '../command.js';
import { queueWords, readQueueWords, unitsWithoutResults } from '../queue-run.js';
import { counted } from '../shared-options.js';
import { unitLimit } from '../train/unit-option.js';

export const command = defineCommand({
  name: 'enqueue',
  group: 'train',
  summary: 'put the units of a run into a queue on Redis or Valkey, for workers',
  about: [
    'Units that have results or are in the queue already are not added. Those that failed are added again.',
    'It needs the package bullmq: npm install bullmq@5.',
  ],
  words: queueWords,
  options: {
    units: counted('--units', 'N', 'how many units the run is expected to have', [1, unitLimit]),
  },
  quiet: 'the last line only',
  run: async ({ words, units: expected }, { output }) => {
    const ours = readQueueWords(words);
    const { run, units, address } = ours;
    if (expected !== undefined && expected !== units.units)
      throw new EngineError('usage', `${run} has ${units.units} units`, {
        found: `--units ${expected}`,
        expected: 'the number that it was made with',
        remedy: 'leave out --units, or make another run',
      });
    const waiting = unitsWithoutResults(ours);
    const name = queueName(units);
    const queue = await openQueue(name, address);
    try {
      const added = await enqueueUnits(queue, units, waiting);
      const record = {
        units: units.units,
        done: units.units - waiting.length,
        added,
        queued: waiting.length - added,
      };
      output.event({ event: 'enqueued', queue: name, server: address.where, ...record });
      output.result(
        `${record.units} units: ${record.done} done, ${record.queued} in the queue before, ${added} added`,
      );
      if (waiting.length > 0)
        output.info(`train them: ${commandLine('worker', run, 'URL')}, on each machine`);
    } finally {
      await closeQueue(queue);
    }
    return 0;
  },
});
