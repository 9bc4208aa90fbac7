/** Trains the same several times, and says whether the bits are the same. */
import { EngineError } from '../../base/errors.js';
import { experimentById, planExperiment } from '../../experiments/index.js';
import { commandLine } from '../../platform/command-line.js';
import { defineCommand } from '../command.js';
import { defaulting, switchOption, underAll, wordsOf } from '../option.js';
import { inOwnProcess } from '../repeat/own-process.js';
import { inThisProcess, repeat } from '../repeat/repeat.js';
import { counted } from '../shared-options.js';
import {
  experimentOption,
  requireExperiment,
  sharedTrainOptions,
  sharedTrainSettings,
  singleExperiments,
} from '../train-options.js';

const trainingOptions = {
  experiment: experimentOption('the experiment that is trained', singleExperiments),
  ...sharedTrainOptions,
};

export const command = defineCommand({
  name: 'repeat',
  group: 'trust',
  summary: 'train the same several times, and compare the bits',
  about: ['The exit code is also 1 if they are not.'],
  usage: `--exp ${trainingOptions.experiment.value} [options]`,
  options: {
    ...underAll('repeating', {
      times: defaulting(counted('--times', 'N', 'how often it is trained', [1, 10_000]), 20),
      processes: switchOption('--processes', 'each time in a process of its own'),
      andUnfused: switchOption(
        '--and-unfused',
        'once more with one kernel per operation, and how far that differs',
      ),
    }),
    ...trainingOptions,
  },
  run: async ({ given, ...settings }, context) => {
    const example = commandLine('repeat', '--exp 2 --epochs 3 --times 20');
    const experiment = requireExperiment(settings.experiment, singleExperiments, example);
    const { times, processes, andUnfused } = settings;
    const shared = sharedTrainSettings(given);
    if (andUnfused && !shared.fuse)
      throw new EngineError('usage', '--and-unfused and --no-fuse exclude each other', {
        expected: 'at most one of them',
        remedy: 'leave --no-fuse out to compare fused with unfused',
      });
    const plan = planExperiment(experimentById(experiment), shared.overrides, shared.seeds);
    const trainOnce = processes
      ? inOwnProcess(wordsOf(trainingOptions, given), context)
      : await inThisProcess(plan, shared, context);
    const isSame = await repeat(
      plan,
      trainOnce,
      { times, processes, andUnfused, fuse: shared.fuse },
      context,
    );
    return isSame ? 0 : 1;
  },
});
