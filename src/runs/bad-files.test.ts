/** Tables of bad checkpoints and bad summaries, each refused with the name of what is wrong in it. */
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { readContenders } from '../tools/compare/runs.js';
import { encodeSafetensors, parseSafetensors } from '../formats/safetensors.js';
import type { Tensor } from '../formats/tensor.js';
import { encodeCheckpoint, openRun, parseCheckpoint, RunRecorder } from './index.js';
import { madeSummary, makeRun } from '../tools/compare/testing/runs.js';
import { engineError } from '../formats/testing/bytes.js';
import { madeState } from './testing/states.js';
import { trial } from '../train/testing/trials.js';
import { digest } from './testing/fuzz-checkpoints.js';

const facts = {
  experiment: 1,
  dataset: { name: 'tiny', sha256: 'ab' },
  adapter: 'an adapter',
  version: '0.0.0',
};
const state = madeState(trial({ patience: 2 }), { valLosses: [0.5, 0.4], step: 3 });
const sound = encodeCheckpoint(state.last, state, facts);

interface Parts {
  readonly tensors: Map<string, Tensor>;
  readonly texts: Map<string, string>;
}

/** The sound checkpoint after `edit`, with checksums that are right unless they were edited. */
function edited(edit: (parts: Parts) => void): Uint8Array {
  const { tensors, metadata } = parseSafetensors(sound, 'sound');
  const parts = { tensors: new Map(tensors), texts: new Map(metadata) };
  edit(parts);
  const { texts } = parts;
  if (texts.get('config_sha256') === metadata.get('config_sha256'))
    texts.set(
      'config_sha256',
      createHash('sha256')
        .update(texts.get('config') ?? '')
        .digest('hex'),
    );
  if (texts.get('data_sha256') === metadata.get('data_sha256'))
    texts.set('data_sha256', digest(parts.tensors));
  return encodeSafetensors(parts.tensors, texts);
}

const text = (key: string, value: string | null): Uint8Array =>
  edited(({ texts }) => {
    if (value === null) texts.delete(key);
    else texts.set(key, value);
  });
const tensor = (name: string, value: Tensor | null): Uint8Array =>
  edited(({ tensors }) => {
    if (value === null) tensors.delete(name);
    else tensors.set(name, value);
  });
const config = (change: object): Uint8Array =>
  text('config', JSON.stringify({ ...state.trial.config, ...change }));
const floats = (...shape: number[]): Tensor => ({
  shape,
  data: new Float32Array(shape.reduce((product, side) => product * side, 1)),
});

const badCheckpoints: readonly (readonly [name: string, bytes: Uint8Array, what: RegExp])[] = [
  ['nothing', new Uint8Array(), /not a safetensors file/],
  ['cut off', sound.subarray(0, -1), /data ends too early/],
  [
    'no metadata',
    encodeSafetensors(parseSafetensors(sound, 'x').tensors),
    /no checkpoint that this version reads/,
  ],
  ['format 1', text('format', '1'), /no checkpoint that this version reads[^]*format 1/],
  ['a format that steers a terminal', text('format', '\u001b[2J\u009b'), /format \\u001b\[2J\\u009b/],
  ['no epoch', text('epoch', null), /epoch is wrong/],
  ['a negative epoch', text('epoch', '-1'), /epoch is wrong/],
  ['half an epoch', text('epoch', '1.5'), /epoch is wrong/],
  ['an epoch beyond 2^53', text('epoch', '9007199254740993'), /epoch is wrong/],
  ['an epoch in hexadecimal', text('epoch', '0x2'), /epoch is wrong/],
  ['a blank epoch', text('epoch', ' '), /epoch is wrong/],
  ['another epoch', text('epoch', '3'), /history does not fit its epoch/],
  ['no step', text('step', null), /step is wrong/],
  ['step 0 with words of steps', text('step', '0'), /step_metrics do not fit/],
  ['a negative seed', text('seed', '-1'), /seed is wrong/],
  ['a path for a seed', text('seed', '0/../..'), /seed is wrong/],
  ['no variant', text('variant', null), /variant is wrong/],
  ['a reason to stop that is none', text('stopped', 'bored'), /stopped is wrong/],
  ['endless seconds', text('seconds', 'Infinity'), /seconds is wrong/],
  ['seconds that are no number', text('seconds', 'NaN'), /seconds is wrong/],
  ['a data set that is no JSON', text('dataset', '{'), /dataset is wrong/],
  ['a data set that is a list', text('dataset', '[]'), /dataset is wrong/],
  ['kernels that are a text', text('kernels', '"tile"'), /kernels.* is wrong/],
  ['kernels that are numbers', text('kernels', '{"training":[1],"evaluation":[]}'), /kernels.* is wrong/],
  ['a config that is no JSON', text('config', '{'), /config is wrong/],
  ['a config that is null', text('config', 'null'), /config is wrong/],
  [
    'a config of lists in each other',
    text('config', '['.repeat(50_000) + ']'.repeat(50_000)),
    /config is wrong/,
  ],
  ['a config that its checksum does not fit', text('config_sha256', 'ab'), /config_sha256 is wrong/],
  ['a width of 0', config({ hidden: [0] }), /config is wrong/],
  ['widths that are a text', config({ hidden: '8' }), /config is wrong/],
  ['a rate that is a text', config({ learningRate: '1' }), /config is wrong/],
  ['a share that is a text', config({ validation: '0.2' }), /config is wrong/],
  ['dropout of 1', config({ dropout: 1 }), /config is wrong/],
  ['a setting that there is not', config({ nesterov: true }), /config is wrong/],
  [
    'a flipped bit',
    sound.map((byte, at) => (at === sound.length - 3 ? byte ^ 1 : byte)),
    /tensors are damaged/,
  ],
  ['a checksum that is none', text('data_sha256', ''), /tensors are damaged/],
  ['no history', tensor('history', null), /history does not fit its epoch[^]*nothing/],
  ['a history of floats', tensor('history', floats(2, 5)), /history does not fit its epoch/],
  [
    'a history of four columns',
    tensor('history', { shape: [2, 4], data: new Float64Array(8) }),
    /does not fit its epoch/,
  ],
  [
    'a loss that is not finite',
    tensor('history', { shape: [2, 5], data: new Float64Array(10).fill(Infinity) }),
    /epoch 1 of its history is wrong/,
  ],
  [
    'an accuracy of 2',
    tensor('history', { shape: [2, 5], data: new Float64Array(10).fill(2) }),
    /history is wrong/,
  ],
  ['no words of steps', tensor('step_metrics', null), /step_metrics do not fit/],
  ['words of steps that are floats', tensor('step_metrics', floats(6)), /step_metrics do not fit/],
  [
    'no second moment of a bias',
    tensor('second_moment.layer0.bias', null),
    /other tensors than a checkpoint/,
  ],
  ['a tensor too many', tensor('extra', floats(1)), /other tensors than a checkpoint/],
  [
    'a moment of another shape',
    tensor('first_moment.layer0.bias', floats(5, 2)),
    /first_moment\.layer0\.bias does not fit/,
  ],
  [
    'a moment of whole numbers',
    tensor('first_moment.layer0.bias', { shape: [10], data: new Uint32Array(10) }),
    /first_moment\.layer0\.bias does not fit/,
  ],
];

describe('bad checkpoints', () => {
  it('differ from a sound one', () => {
    expect(
      parseCheckpoint(
        edited(() => undefined),
        'c',
      ),
    ).toMatchObject({ epoch: 2, step: 3 });
  });

  it.each(badCheckpoints)('%s', async (_, bytes, what) => {
    const error = await engineError(
      () => parseCheckpoint(bytes, 'c.safetensors'),
      'bad-file',
      'c.safetensors',
    );
    expect(error.describe()).toMatch(what);
    expect(error.describe()).not.toMatch(/[^\n\P{Cc}]/u);
  });
});

/** A summary that may be anything. */
type Loose = Record<string, unknown> & {
  variants: (Record<string, unknown> & {
    config: object;
    runs: (Record<string, unknown> & { history: object })[];
  })[];
  selected: Record<string, unknown>;
};

describe('bad summaries', () => {
  let home: string;
  beforeAll(() => {
    home = mkdtempSync(join(tmpdir(), 'wgsl-train-cases-'));
  });
  afterAll(() => {
    rmSync(home, { recursive: true, force: true });
  });

  const run = (change: object) => (summary: Loose) => Object.assign(summary.variants[0]!.runs[0]!, change);
  const history = (change: object) => (summary: Loose) =>
    Object.assign(summary.variants[0]!.runs[0]!.history, change);
  const settings = (change: object) => (summary: Loose) => Object.assign(summary.variants[0]!.config, change);
  const variant = (change: object) => (summary: Loose) => Object.assign(summary.variants[0]!, change);
  const selected = (change: object) => (summary: Loose) => Object.assign(summary.selected, change);
  const whole = (change: object) => (summary: Loose) => Object.assign(summary, change);

  it.each<[name: string, edit: (summary: Loose) => unknown, field: string, found: string]>([
    ['no title', whole({ title: undefined }), 'title', 'nothing'],
    ['an experiment that is a list', whole({ experiment: [] }), 'experiment', '[]'],
    ['no data set', whole({ dataset: null }), 'dataset', 'null'],
    [
      'a data set without a size',
      whole({ dataset: { name: 'x', sha256: 'ab' } }),
      'dataset.train',
      'nothing',
    ],
    ['an adapter that is a text', whole({ adapter: 'llvmpipe' }), 'adapter', '"llvmpipe"'],
    [
      'an adapter that steers a terminal',
      whole({ adapter: { description: '\u001b[2J', software: true } }),
      'adapter.description',
      '"\\u001b[2J"',
    ],
    ['no comparisons', whole({ comparisons: undefined }), 'comparisons', 'nothing'],
    ['no variants', whole({ variants: [] }), 'variants', '[]'],
    ['a variant that is null', whole({ variants: [null] }), 'variants[0]', 'null'],
    ['versions that are a list', whole({ versions: [1] }), 'versions', '[1]'],
    ['a tuning file without a name', whole({ tuning: {} }), 'tuning.file', 'nothing'],
    ['conclusions that are a text', whole({ conclusions: 'x' }), 'conclusions', '"x"'],
    ['divergences that are a text', whole({ diverged: 'x' }), 'diverged', '"x"'],
    ['a divergence of nobody', whole({ diverged: [{}] }), 'diverged[0].variant', 'nothing'],
    ['a variant without a name', variant({ name: '\n' }), 'variants[0].name', '"\\n"'],
    ['a variant without runs', variant({ runs: [] }), 'variants[0].runs', '[]'],
    ['runs that are an object', variant({ runs: { length: 1 } }), 'variants[0].runs', '{"length":1}'],
    ['widths that are a text', settings({ hidden: '128' }), 'variants[0].config.hidden', '"128"'],
    ['dropout of 1', settings({ dropout: 1 }), 'variants[0].config.dropout', '1'],
    ['a decay that is none', settings({ decay: 'constructor' }), 'variants[0].config.decay', '"constructor"'],
    ['a share of 2', settings({ validation: 2 }), 'variants[0].config.validation', '2'],
    ['a seed that is a path', run({ seed: '../..' }), 'variants[0].runs[0].seed', '"../.."'],
    ['a seed below 0', run({ seed: -1 }), 'variants[0].runs[0].seed', '-1'],
    ['no epochs', run({ epochs: 0 }), 'variants[0].runs[0].epochs', '0'],
    ['a test without a loss', run({ test: { accuracy: 1 } }), 'variants[0].runs[0].test.loss', 'nothing'],
    ['a best epoch that is a number', run({ best: 3 }), 'variants[0].runs[0].best', '3'],
    [
      'weights without a checksum',
      run({ weightsSha256: '../x' }),
      'variants[0].runs[0].weightsSha256',
      '"../x"',
    ],
    [
      'a curve of texts',
      history({ trainLoss: ['1', '2', '3'] }),
      'variants[0].runs[0].history.trainLoss',
      '["1","2","3"]',
    ],
    ['a curve that is too short', history({ valLoss: [1] }), 'variants[0].runs[0].history.valLoss', '[1]'],
    ['no curve', history({ trainAccuracy: null }), 'variants[0].runs[0].history.trainAccuracy', 'null'],
    ['nobody selected', whole({ selected: {} }), 'selected.variant', 'nothing'],
    ['a selected seed that is a path', selected({ seed: '0/../..' }), 'selected.seed', '"0/../.."'],
    ['class names that are a text', selected({ classNames: 'abc' }), 'selected.classNames', '"abc"'],
    ['a class name that is a number', selected({ classNames: [1] }), 'selected.classNames[0]', '1'],
    [
      'a confusion matrix with a hole',
      selected({ confusion: [[1, 2], [3]] }),
      'selected.confusion',
      '[[1,2],[3]]',
    ],
    ['a confusion matrix of texts', selected({ confusion: [['1']] }), 'selected.confusion', '[["1"]]'],
  ])('%s', async (_, edit, field, found) => {
    const summary = JSON.parse(JSON.stringify(madeSummary())) as Loose;
    edit(summary);
    writeFileSync(join(home, 'summary.json'), JSON.stringify(summary));
    const error = await engineError(() => openRun(home), 'bad-file', 'summary.json');
    expect(error.message).toMatch(`summary.json: ${field} is wrong`);
    expect(error.found).toBe(found);
  });

  it('differ from sound ones, those of earlier versions among them', () => {
    const { diverged, ...earlier } = madeSummary();
    expect(diverged).toEqual([]);
    writeFileSync(join(home, 'summary.json'), JSON.stringify(earlier));
    expect(openRun(home).summary).toEqual({ ...earlier, diverged: [] });
  });
});

describe('an environment.json', () => {
  let home: string;
  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), 'wgsl-train-environment-'));
  });
  afterEach(() => {
    rmSync(home, { recursive: true, force: true });
  });

  it.each([
    ['of lists in each other', `{"x": ${'['.repeat(100_000)}${']'.repeat(100_000)}}`],
    ['that is a list', '[1]'],
    ['that is no JSON', '{'],
    ['that goes on for megabytes', `{"x": "${'x'.repeat(2 ** 22)}"}`],
  ])('%s is replaced by the run that goes on', (_, content) => {
    writeFileSync(join(home, 'environment.json'), content);
    const start = {
      directory: home,
      config: {},
      environment: { schema: 1 },
      facts,
      overwrite: false,
      resume: true,
    };
    new RunRecorder(start).finish({ schema: 1 });
    expect(JSON.parse(readFileSync(join(home, 'environment.json'), 'utf8'))).toEqual({ schema: 1 });
  });

  it('whose commit steers a terminal is not quoted', () => {
    for (const [name, commit] of [
      ['a', '\u001b[2J\u0007'],
      ['b', '0123456789abcdef'],
    ] as const) {
      makeRun(join(home, name));
      writeFileSync(join(home, name, 'environment.json'), JSON.stringify({ source: { commit } }));
    }
    const contenders = readContenders([join(home, 'a'), join(home, 'b')]);
    expect(contenders.map(({ run }) => run.commit)).toContain('0123456789abcdef');
    expect(contenders.map(({ run }) => run.commit)).toContain(null);
  });
});
