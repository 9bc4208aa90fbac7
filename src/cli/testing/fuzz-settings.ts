/** The targets that say what a run is: config.json, and running.json of a run that is at work. */
import { writeFileSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { command } from '../commands/train.js';
import { trainSettings, type TrainSettings } from '../train-options.js';
import { findRun } from '../../tools/serve/catalogue.js';
import { listContent } from '../../tools/serve/list-page.js';
import { RunClaim } from '../../runs/index.js';
import { requireSameConfig, runConfig, withConfig } from '../train/config.js';
import { experimentById, planExperiment } from '../../experiments/index.js';
import { scratchFile } from '../../testing/fuzz/scratch.js';
import { jsonTarget, relyOn, type Target } from '../../testing/fuzz/target.js';

function parse(argv: readonly string[]): TrainSettings {
  return trainSettings(withConfig(command.read(argv).given));
}

function configOf(settings: TrainSettings): ReturnType<typeof runConfig> {
  const { experiment, overrides, seeds } = settings;
  const plan = experiment === 'all' ? null : planExperiment(experimentById(experiment), overrides, seeds);
  return runConfig(settings, plan);
}

function configText(line: string): string {
  return JSON.stringify(configOf(parse(line.split(' '))));
}

const configs = [
  configText('--exp 3'),
  configText(
    '--exp 1 --weight-decay 1e-3 --decay l2 --lr 5e-4 --batch-size 32 --hidden 8,6 --no-fuse --seeds 2',
  ),
  configText('--exp all --adapter llvm --tuning t.json --data synthetic:100/20 --profile --dropout 0.1'),
];

let configFile: string | undefined;

/** A run's config.json is read by `--config`, and by `--resume`, which also compares all of it. */
const configTarget = jsonTarget(
  'config',
  configs,
  (text) => {
    configFile ??= scratchFile('config.json');
    writeFileSync(configFile, text);
    const request = parse(['--config', configFile]);
    relyOn(
      request.out === undefined && !request.overwrite && request.trace === undefined,
      'it says where to write',
    );
    relyOn(request.resume === undefined, 'it says what to continue');
    relyOn(request.seeds.every(Number.isSafeInteger) && request.seeds.length <= 1000, 'its seeds are none');
    const directory = dirname(configFile);
    const again = parse(['--resume', directory]);
    relyOn(again.resume === directory && again.out === undefined, 'another run would be continued');
    requireSameConfig(directory, configOf(again));
  },
  { kinds: ['bad-file', 'usage'] },
);

let runningFile: string | undefined;

/** A process that runs for certain: the first one. */
const running = JSON.stringify({ pid: 1, started: '2026-01-01T00:00:00.000Z' });

const runningTarget = jsonTarget(
  'running',
  [
    running,
    JSON.stringify({ pid: process.pid, started: new Date(0).toISOString() }),
    '{"pid":1073741824,"started":null}',
  ],
  (text) => {
    runningFile ??= scratchFile('running.json');
    writeFileSync(runningFile, text);
    const directory = dirname(runningFile);
    listContent([findRun(dirname(directory), [basename(directory)])!]);
    RunClaim.take(directory).release();
  },
  { kinds: ['usage'], acceptsSeeds: false },
);

export const settingsTargets: readonly Target[] = [configTarget, runningTarget];
