import { describe, expect, it } from 'vitest';
import { EngineError } from '../base/errors.js';
import { command } from './commands/train.js';
import { badCommandLines } from './testing/bad-command-lines.js';
import { trainSettings, type TrainSettings } from './train-options.js';
import { withConfig } from './train/config.js';

/** What a command line asks to be trained; null where it asks for help, the version or the list. */
function parse(argv: readonly string[]): TrainSettings | null {
  const { given, help, version, list } = command.read(argv);
  return help || version || list ? null : trainSettings(withConfig(given));
}

const words = (line: string): string[] => line.split(' ').filter((word) => word !== '');

describe('bad command lines', () => {
  it('are more than sixty, and touch every option', () => {
    expect(badCommandLines.length).toBeGreaterThan(60);
    const mentioned = badCommandLines.map(([argv]) => argv.join(' ')).join(' ');
    for (const { flag } of command.options) expect(mentioned).toContain(flag);
  });

  it.each(badCommandLines)('%j: %s, %s', (argv, names, expected) => {
    let thrown: unknown;
    try {
      parse(argv);
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
    const request = parse(
      words(
        '--exp 6 --data synthetic:100/20 --out some/dir --seed 3 --seeds 2 --epochs 7 --patience 4 --batch-size 48 --lr 5e-3 ' +
          '--dropout .25 --weight-decay 0 --decay l2 --lr-schedule cosine --warmup 2 --label-smoothing .1 --optimizer sgd --momentum .5 --clip-norm 2 --validation .1 --hidden 64,32,16 --adapter llvmpipe --tuning some/tuning.json --no-fuse --profile --trace t.json --json --quiet --overwrite --mixed --tensorboard --checkpoint-every 0',
      ),
    );
    expect(request).toEqual({
      experiment: 6,
      data: 'synthetic:100/20',
      out: 'some/dir',
      overwrite: true,
      resume: undefined,
      mixed: true,
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
        lrSchedule: 'cosine',
        warmup: 2,
        labelSmoothing: 0.1,
        optimizer: 'sgd',
        momentum: 0.5,
        clipNorm: 2,
        validation: 0.1,
        hidden: [64, 32, 16],
      },
      adapter: 'llvmpipe',
      tuning: 'some/tuning.json',
      fuse: false,
      profile: true,
      trace: 't.json',
    });
  });

  it('--trace profiles, too', () => {
    expect(parse(['--exp', '1', '--trace', 't.json'])).toMatchObject({
      profile: true,
      trace: 't.json',
    });
  });

  it('leave every other option at its default', () => {
    expect(parse(['--exp', 'final'])).toEqual({
      experiment: 'final',
      data: 'auto',
      out: undefined,
      overwrite: false,
      resume: undefined,
      mixed: false,
      checkpointSeconds: 10,
      tensorboard: false,
      seeds: [0],
      overrides: {},
      adapter: undefined,
      tuning: undefined,
      fuse: true,
      profile: false,
      trace: undefined,
    });
  });

  it.each([
    ['--exp=0', { experiment: 0 }],
    ['--exp all', { experiment: 'all' }],
    ['--exp 1 --lr=1e-3', { overrides: { learningRate: 1e-3 } }],
    ['--exp 1 --lr 1e30', { overrides: { learningRate: 1e30 } }],
    ['--exp 1 --dropout 0', { overrides: { dropout: 0 } }],
    ['--exp 2 --patience none', { overrides: { patience: null } }],
    ['--exp 1 --seed 9007199254730991', { seeds: [9007199254730991] }],
    ['--exp 1 --hidden 1', { overrides: { hidden: [1] } }],
    ['--exp 1 --data ../shared/kmnist10k', { data: '../shared/kmnist10k' }],
  ])('%s', (line, expected) => {
    expect(parse(words(line))).toMatchObject(expected);
  });

  it('ask for help, the version, the list, or the plan of a step', () => {
    expect(command.read(['--help'])).toMatchObject({ help: true, json: false });
    expect(command.read(['--exp', '6', '-h'])).toMatchObject({ help: true });
    expect(command.read(['help'])).toMatchObject({ help: true });
    expect(command.read(['--version', '--json'])).toMatchObject({ version: true, json: true });
    expect(command.read(['--list'])).toMatchObject({ list: true });
    expect(command.read(['--exp', '1', '--print-plan'])).toMatchObject({ experiment: 1, printPlan: true });
  });
});
