import { describe, expect, it } from 'vitest';
import { EngineError } from '../base/errors.js';
import { parseTrainOptions, trainOptions } from './options.js';
import { badCommandLines } from './testing/bad-command-lines.js';

const words = (line: string): string[] => line.split(' ').filter((word) => word !== '');

describe('bad command lines', () => {
  it('are more than sixty, and touch every option', () => {
    expect(badCommandLines.length).toBeGreaterThan(60);
    const mentioned = badCommandLines.map(([argv]) => argv.join(' ')).join(' ');
    for (const { flag } of trainOptions) expect(mentioned).toContain(flag);
  });

  it.each(badCommandLines)('%j: %s, %s', (argv, names, expected) => {
    let thrown: unknown;
    try {
      parseTrainOptions(argv);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(EngineError);
    const error = thrown as EngineError;
    expect(error.kind).toBe('usage');
    expect(error.exitCode).toBe(2);
    expect(error.message).toContain(names);
    expect(error.describe()).toContain(expected);
  });
});

describe('good command lines', () => {
  it('set every option', () => {
    const request = parseTrainOptions(
      words(
        '--exp 6 --data synthetic:100/20 --out some/dir --seed 3 --seeds 2 --epochs 7 --patience 4 --batch-size 48 --lr 5e-3 ' +
          '--dropout .25 --weight-decay 0 --decay l2 --hidden 64,32,16 --adapter llvmpipe --tuning some/tuning.json --no-fuse --profile --trace t.json --json --quiet --overwrite --tensorboard --checkpoint-every 0',
      ),
    );
    expect(request).toEqual({
      kind: 'train',
      experiment: 6,
      data: 'synthetic:100/20',
      out: 'some/dir',
      overwrite: true,
      resume: undefined,
      checkpointSeconds: 0,
      tensorboard: true,
      seeds: [3, 4],
      overrides: {
        epochs: 7,
        patience: 4,
        batchSize: 48,
        learningRate: 0.005,
        dropout: 0.25,
        weightDecay: 0,
        decay: 'l2',
        hidden: [64, 32, 16],
      },
      adapter: 'llvmpipe',
      tuning: 'some/tuning.json',
      fuse: false,
      profile: true,
      trace: 't.json',
      json: true,
      quiet: true,
    });
  });

  it('--trace profiles, too', () => {
    expect(parseTrainOptions(['--exp', '1', '--trace', 't.json'])).toMatchObject({
      profile: true,
      trace: 't.json',
    });
  });

  it('leave every other option at its default', () => {
    expect(parseTrainOptions(['--exp', 'final'])).toEqual({
      kind: 'train',
      experiment: 'final',
      data: 'auto',
      out: undefined,
      overwrite: false,
      resume: undefined,
      checkpointSeconds: 10,
      tensorboard: false,
      seeds: [0],
      overrides: {},
      adapter: undefined,
      tuning: undefined,
      fuse: true,
      profile: false,
      trace: undefined,
      json: false,
      quiet: false,
    });
  });

  it.each([
    ['--exp=0', { kind: 'train', experiment: 0 }],
    ['--exp all', { kind: 'train', experiment: 'all' }],
    ['--exp 1 --print-plan', { kind: 'print-plan', experiment: 1 }],
    ['--exp 1 --lr=1e-3', { overrides: { learningRate: 1e-3 } }],
    ['--exp 1 --lr 1e30', { overrides: { learningRate: 1e30 } }],
    ['--exp 1 --dropout 0', { overrides: { dropout: 0 } }],
    ['--exp 1 --seed 9007199254739991', { seeds: [9007199254739991] }],
    ['--exp 1 --hidden 1', { overrides: { hidden: [1] } }],
    ['--exp 1 --data ../shared/kmnist10k', { data: '../shared/kmnist10k' }],
    ['--help', { kind: 'help', json: false }],
    ['--version --json', { kind: 'version', json: true }],
    ['--list', { kind: 'list' }],
    ['--exp 6 --help', { kind: 'help' }],
  ])('%s', (line, expected) => {
    expect(parseTrainOptions(words(line))).toMatchObject(expected);
  });
});
