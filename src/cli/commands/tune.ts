/** Times the variants of the matrix products on this adapter, and writes a tuning file. */
import { join } from 'node:path';
import { tuningText } from '../../kernels/index.js';
import { commandLine } from '../../platform/command-line.js';
import { benchStep } from '../../tools/bench/contenders.js';
import { tellLoad } from '../../tools/bench/load.js';
import { stepText, tuneLegend, tuneTable } from '../../tools/bench/tune-text.js';
import { entriesOf, stepUs, verdictOf, type ProductVerdict } from '../../tools/bench/tune-verdict.js';
import { defineCommand, type RunContext, type Settings } from '../command.js';
import type { Session } from '../engine.js';
import { checkOutputFile, replaceFile } from '../save.js';
import { adapterText, withAdapter } from '../session.js';
import { defaulting } from '../option.js';
import { adapter, counted, listed, named } from '../shared-options.js';

const options = {
  hidden: defaulting(listed('--hidden', '256,128', 'widths of the hidden layers of the step'), [256, 128]),
  batch: defaulting(listed('--batch', 'N,N', 'batch sizes'), [32, 128, 256]),
  // Fewer have no quartiles.
  rounds: defaulting(counted('--rounds', 'R', 'rounds; in each, every variant is timed once', [3, 1000]), 7),
  out: defaulting(
    named(
      '--out',
      'FILE',
      `where the choices go; used only where it is named: ${commandLine('train', '--tuning FILE')}`,
    ),
    join('runs', 'tuning.json'),
  ),
  adapter,
};

export const command = defineCommand({
  name: 'tune',
  group: 'speed',
  summary: 'time the variants of the matrix products on this adapter, and write a tuning file',
  options,
  quiet: 'the tables only, no progress',
  run: async (settings, context) => {
    checkOutputFile(settings.out);
    await withAdapter(context, settings, ({ session }) => tune(settings, session, context));
    return 0;
  },
});

async function tune(
  { hidden, batch: batches, rounds, out }: Settings<typeof options>,
  session: Session,
  { output, signal }: RunContext,
): Promise<void> {
  const { description, subgroupSize } = session.adapter;
  output.event({ event: 'adapter', ...session.adapter, hidden, rounds });
  output.info(`adapter: ${adapterText(session.adapter)}`);
  tellLoad(output, 'before');
  const { inputs, classes } = benchStep;
  output.result(`\nthe products of a training step of ${[inputs, ...hidden, classes].join('-')}`);
  output.result(tuneLegend(rounds));
  const all: ProductVerdict[] = [];
  const steps: string[] = [];
  for (const batch of new Set(batches)) {
    const work = { ...benchStep, hidden, batchSize: batch };
    const times = await session.timeVariants(work, {
      rounds,
      signal,
      onProduct: (ops, index, count) => {
        output.live(`batch ${batch}, product ${index + 1} of ${count}: ${ops.join(', ')}`);
      },
    });
    const verdicts = times.map(verdictOf);
    const [ruleUs, choiceUs] = [stepUs(verdicts, 'rule'), stepUs(verdicts, 'choice')];
    for (const verdict of verdicts) output.event({ event: 'product', batch, ...verdict });
    output.event({ event: 'step', batch, ruleUs, choiceUs });
    output.result(`\nbatch ${batch}\n\n${tuneTable(verdicts)}`);
    steps.push(stepText(batch, ruleUs, choiceUs));
    all.push(...verdicts);
  }
  output.clear();
  tellLoad(output, 'after');
  output.result(`\n${steps.join('\n')}`);
  const entries = entriesOf(all);
  replaceFile(out, tuningText({ adapter: description, subgroupSize, entries }));
  output.event({ event: 'saved', path: out, entries });
  output.result(`\n${savedText(out, entries.length)}`);
}

function savedText(path: string, entries: number): string {
  if (entries === 0) return `tuning: ${path}, which leaves every choice to the rules`;
  const choices = entries === 1 ? '1 choice' : `${entries} choices`;
  return `tuning: ${path}, ${choices} against the rules\nused only where it is named: ${commandLine('train', '--tuning', path)}`;
}
