/** Times the variants of the matrix products on this adapter, and writes a tuning file. */
import { join } from 'node:path';
import { tuningText } from '../../kernels/index.js';
import { commandLine } from '../../platform/command-line.js';
import { chooseVariants } from '../../tools/bench/choose-variants.js';
import { defineCommand } from '../command.js';
import { checkOutputFile, replaceFile } from '../save.js';
import { withAdapter } from '../session.js';
import { defaulting } from '../option.js';
import { adapter, counted, listed, named } from '../shared-options.js';

export const command = defineCommand({
  name: 'tune',
  group: 'speed',
  summary: 'time the kernel variants on this adapter, write a tuning file',
  options: {
    hidden: defaulting(listed('--hidden', '256,128', 'widths of the hidden layers of the step'), [256, 128]),
    batch: defaulting(listed('--batch', 'N,N', 'batch sizes'), [32, 128, 256]),
    // Fewer have no quartiles.
    rounds: defaulting(
      counted('--rounds', 'R', 'rounds; in each, every variant is timed once', [3, 1000]),
      7,
    ),
    out: defaulting(
      named(
        '--out',
        'FILE',
        `where the choices go; used only where it is named: ${commandLine('train', '--tuning FILE')}`,
      ),
      join('runs', 'tuning.json'),
    ),
    adapter,
  },
  quiet: 'the tables only, no progress',
  run: async (settings, context) => {
    checkOutputFile(settings.out);
    const { output, signal } = context;
    const { hidden, rounds, out } = settings;
    const step = { hidden, batches: [...new Set(settings.batch)], rounds };
    await withAdapter(context, settings, async ({ session }) => {
      const entries = await chooseVariants(step, session, output, signal);
      const { description, subgroupSize } = session.adapter;
      replaceFile(out, tuningText({ adapter: description, subgroupSize, entries }));
      output.event({ event: 'saved', path: out, entries });
      output.result(`\n${savedText(out, entries.length)}`);
    });
    return 0;
  },
});

function savedText(path: string, entries: number): string {
  if (entries === 0) return `tuning: ${path}, which leaves every choice to the rules`;
  const choices = entries === 1 ? '1 choice' : `${entries} choices`;
  return `tuning: ${path}, ${choices} against the rules\nused only where it is named: ${commandLine('train', '--tuning', path)}`;
}
