/** The targets that are JSON: config.json, tuning files, stroke files, and the metrics that serve.js follows. */
import { writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { runConfig, withConfigFile } from '../config-file.js';
import { parseTrainOptions, type TrainRequest } from '../options.js';
import { findRun } from '../../tools/serve/catalogue.js';
import { listContent } from '../../tools/serve/list-page.js';
import { metricsRowOf } from '../../tools/serve/metrics-file.js';
import { isFinished, requireSameConfig, withResumedRun } from '../train/resume.js';
import { parseCharacters } from '../../data/synthetic/strokes.js';
import { experimentById, planExperiment } from '../../experiments/index.js';
import { parseTuning, tuningText, type Tuning } from '../../kernels/index.js';
import { row } from '../../tools/serve/testing/site.js';
import { mutateJson } from '../../testing/fuzz/json.js';
import { scratchFolder } from '../../testing/fuzz/scratch.js';
import { relyOn, type Target } from '../../testing/fuzz/target.js';

/** A target of JSON texts. */
export function jsonTarget(
  name: string,
  seeds: readonly string[],
  read: (text: string) => unknown,
  more: Pick<Target, 'kinds'> & Partial<Target>,
): Target {
  return {
    name,
    seeds: seeds.map((seed) => Buffer.from(seed)),
    mutate: (chance) => Buffer.from(mutateJson(chance.one(seeds), chance, seeds)),
    read: (bytes) => read(Buffer.from(bytes).toString('utf8')),
    ...more,
  };
}

/** A place for the one file that is read again and again. */
export function scratchFile(name: string): string {
  return join(scratchFolder(), name);
}

type TrainCall = Exclude<TrainRequest, { readonly kind: 'help' | 'version' | 'list' }>;

function configOf(call: TrainCall): unknown {
  const { experiment, overrides, seeds } = call;
  const plan = experiment === 'all' ? null : planExperiment(experimentById(experiment), overrides, seeds);
  return runConfig(call, plan);
}

function configText(line: string): string {
  return JSON.stringify(configOf(parseTrainOptions(line.split(' ')) as TrainCall));
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
    const request = parseTrainOptions(withConfigFile(['--config', configFile]));
    relyOn(request.kind === 'train', 'it made another request of it');
    relyOn(
      request.out === undefined && !request.overwrite && request.trace === undefined,
      'it says where to write',
    );
    relyOn(request.resume === undefined, 'it says what to continue');
    relyOn(request.seeds.every(Number.isSafeInteger) && request.seeds.length <= 1000, 'its seeds are none');
    const directory = dirname(configFile);
    const again = parseTrainOptions(withConfigFile(withResumedRun(['--resume', directory]))) as TrainCall;
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
    isFinished(directory);
  },
  { kinds: ['usage'], acceptsSeeds: false },
);

const tuning: Tuning = {
  adapter: 'an adapter',
  subgroupSize: 8,
  entries: [
    { kernel: 'dense_forward', rows: 32, columns: 256, inner: 784, variant: 'register' },
    { variant: 'tile', columns: 8 },
  ],
};

const tuningTarget = jsonTarget(
  'tuning',
  [tuningText(tuning), tuningText({ adapter: 'a', subgroupSize: null, entries: [] })],
  (text) => {
    const read = parseTuning(text, 'tuning.json');
    relyOn(
      tuningText(parseTuning(tuningText(read), 'again')) === tuningText(read),
      'it is not written as it was read',
    );
  },
  { kinds: ['bad-file'] },
);

const strokes = JSON.stringify({
  about: 'two characters',
  characters: ['o', 'ki'].map((name) => ({
    name,
    kana: 'お',
    forms: ['modern', 'other'].map((form) => ({
      name: form,
      strokes: ['10,20 30,40,0.5! 50,60', '0,0 100,100'],
    })),
  })),
});

const strokesTarget = jsonTarget(
  'strokes',
  [strokes],
  (text) => {
    const characters = parseCharacters(text, 'strokes.json');
    const points = characters.flatMap(({ forms }) => forms.flatMap((form) => form.strokes.flat()));
    relyOn(
      points.every(
        ({ x, y, pressure }) => x >= 0 && x <= 1 && y >= 0 && y <= 1 && pressure > 0 && pressure <= 2,
      ),
      'a point lies outside',
    );
  },
  { kinds: ['bad-file'] },
);

const metricsTarget = jsonTarget(
  'metrics',
  [JSON.stringify(row(3)), JSON.stringify(row(1, { valLoss: null, valAccuracy: null, seconds: null }))],
  (text) => {
    const read = metricsRowOf(text);
    relyOn(read === null || (read.epoch > 0 && Number.isFinite(read.trainLoss)), 'it is no epoch');
  },
  { kinds: [] },
);

export const textTargets: readonly Target[] = [
  configTarget,
  runningTarget,
  tuningTarget,
  strokesTarget,
  metricsTarget,
];
