/** Says where the time of an experiment's training steps goes, kernel by kernel. */
import { experimentById, experimentHeading, planExperiment, trialsOf } from '../../experiments/index.js';
import { commandLine } from '../../platform/command-line.js';
import { tellLoad } from '../../tools/bench/machine.js';
import { defineCommand } from '../command.js';
import { defaulting, switchOption, underAll } from '../option.js';
import { reportProfiles, saveTrace } from '../profile-report.js';
import { reportStart } from '../report.js';
import { checkOutputFile } from '../save.js';
import { withAdapter } from '../session.js';
import { counted, named } from '../shared-options.js';
import {
  experimentOption,
  requireExperiment,
  sharedTrainSettings,
  singleExperiments,
  stepOptions,
} from '../train-options.js';

const options = {
  experiment: experimentOption('the experiment whose steps are profiled', singleExperiments),
  ...underAll('measuring', {
    // More steps than this are a training.
    steps: defaulting(
      counted('--steps', 'N', 'steps to time, kernel by kernel, per batch size', [1, 100_000]),
      300,
    ),
    trace: named(
      '--trace',
      'FILE',
      'write every dispatch and what the host did meanwhile, for https://ui.perfetto.dev',
    ),
    noTimestamps: switchOption(
      '--no-timestamps',
      "time by the host's clock, as on adapters without timestamps",
    ),
  }),
  ...stepOptions,
  seeds: {
    ...stepOptions.seeds,
    help: 'profile K seeds side by side, from --seed on (default 1)',
  },
};

export const command = defineCommand({
  name: 'profile',
  group: 'speed',
  summary: 'say where the time of training steps goes, kernel by kernel',
  usage: `--exp ${options.experiment.value} [options]`,
  options,
  run: async (settings, context) => {
    const { output, signal } = context;
    const example = commandLine('profile', '--exp 6 --steps 300');
    const experiment = requireExperiment(settings.experiment, singleExperiments, example);
    const shared = sharedTrainSettings(settings.given);
    const plan = planExperiment(experimentById(experiment), shared.overrides, shared.seeds);
    if (settings.trace !== undefined) checkOutputFile(settings.trace, '--trace');
    await withAdapter(context, shared, async ({ session, tuning, loadData }) => {
      const { steps, trace, noTimestamps } = settings;
      const dataset = await loadData(shared.data);
      reportStart(output, dataset, session.adapter, tuning);
      tellLoad(output, 'before');
      output.result(`\n${experimentHeading(plan.experiment)}`);
      for (const note of plan.notes) output.info(`changed: ${note}`);
      const training = session.plan(dataset, trialsOf(plan), { fuse: shared.fuse });
      const measured = await session.profile(training, {
        steps,
        timestamps: !noTimestamps,
        signal,
        onGroup: (trials, index, count) => {
          const { variant } = trials[0]!;
          output.live(`profiling ${index + 1} of ${count}: ${variant}, ${2 * steps} steps`);
        },
      });
      output.clear();
      reportProfiles(output, plan.experiment.id, measured.groups, measured.ceilings);
      if (trace !== undefined) {
        const { description: adapter } = session.adapter;
        const facts = { experiment: plan.experiment.id, data: dataset.name, fused: shared.fuse, adapter };
        saveTrace(trace, [measured], measured.ceilings, facts, output);
      }
      tellLoad(output, 'after');
      output.event({ event: 'done', exitCode: 0 });
    });
    return 0;
  },
});
