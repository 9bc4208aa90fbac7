import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { EngineError } from '../../base/errors.js';
import { command } from '../commands/train.js';
import { trainSettings, type TrainSettings } from '../train-options.js';
import { runConfig, withConfig } from './config.js';

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'wgsl-train-config-'));
});
afterEach(() => {
  rmSync(home, { recursive: true, force: true });
});

function file(content: string): string {
  const path = join(home, 'config.json');
  writeFileSync(path, content);
  return path;
}

function parse(argv: readonly string[]): TrainSettings {
  return trainSettings(withConfig(command.read(argv).given));
}

describe('a config.json', () => {
  test.each([
    '--exp 6',
    '--exp all --seeds 3 --seed 7',
    '--exp 2 --dropout 0.25 --patience 4 --epochs 9 --data synthetic:100/20 --quiet --out x',
    '--exp 2 --patience none --clip-norm none',
    '--exp 4 --weight-decay 1e-3 --decay l2 --lr 5e-4 --batch-size 32 --hidden 8,6,4 --no-fuse --profile',
    '--exp final --adapter llvm --tuning t.json --json',
  ])('gives back what was asked for: %s', (line) => {
    const first = parse(line.split(' '));
    const path = file(JSON.stringify(runConfig(first, null)));
    const again = parse(['--config', path]);
    expect(again).toEqual({ ...first, out: undefined });
    expect(parse([`--config=${path}`])).toEqual(again);
  });

  test('what the command line says itself counts', () => {
    const path = file('{"schema": 1, "options": {"exp": "1", "seed": 3, "lr": 0.1, "no-fuse": false}}');
    expect(parse(['--config', path, '--lr=0.2'])).toMatchObject({
      experiment: 1,
      seeds: [3],
      overrides: { learningRate: 0.2 },
      fuse: true,
    });
  });

  test.each([
    ['no JSON', '{', 'bad-file', /not JSON/],
    ['a list', '[]', 'bad-file', /its content is wrong/],
    ['no schema', '{"options": {}}', 'bad-file', /schema is wrong/],
    ['another schema', '{"schema": "1", "options": {}}', 'bad-file', /schema is wrong/],
    ['no options', '{"schema": 1}', 'bad-file', /options is wrong/],
    ['options of another kind', '{"schema": 1, "options": ["exp"]}', 'bad-file', /options is wrong/],
    ['an unknown option', '{"schema": 1, "options": {"expp": "1"}}', 'bad-file', /options is wrong/],
    ['an option of the call', '{"schema": 1, "options": {"out": "/tmp"}}', 'bad-file', /options is wrong/],
    ['itself', '{"schema": 1, "options": {"config": "x"}}', 'bad-file', /options is wrong/],
    [
      'a number for a switch',
      '{"schema": 1, "options": {"no-fuse": 1}}',
      'bad-file',
      /options.no-fuse is wrong/,
    ],
    ['a switch for a number', '{"schema": 1, "options": {"lr": true}}', 'bad-file', /options.lr is wrong/],
    ['an object for a number', '{"schema": 1, "options": {"lr": {}}}', 'bad-file', /options.lr is wrong/],
    [
      'lists in each other',
      `{"schema": 1, "options": {"lr": ${'['.repeat(100_000)}${']'.repeat(100_000)}}}`,
      'bad-file',
      /it is no file of wgsl-train/,
    ],
    ['null', '{"schema": 1, "options": {"exp": null}}', 'bad-file', /options.exp is wrong/],
    ['a value out of range', '{"schema": 1, "options": {"exp": "1", "lr": -1}}', 'usage', /--lr/],
    ['an experiment that is none', '{"schema": 1, "options": {"exp": "9"}}', 'usage', /--exp/],
    ['a value that looks like an option', '{"schema": 1, "options": {"exp": "--json"}}', 'usage', /--exp/],
    [
      'a prototype',
      '{"schema": 1, "options": {"__proto__": "1", "constructor": "1"}}',
      'bad-file',
      /options is wrong/,
    ],
  ])('with %s is refused', (_, content, kind, message) => {
    const path = file(content);
    const refused = (): unknown => parse(['--config', path]);
    expect(refused).toThrow(message);
    expect(refused).toThrow(EngineError);
    try {
      refused();
    } catch (error) {
      expect((error as EngineError).kind).toBe(kind);
    }
  });

  test('that is not there, or a directory, is refused', () => {
    expect(() => parse(['--config', join(home, 'none.json')])).toThrow(/cannot be read/);
    expect(() => parse(['--config', home])).toThrow(/cannot be read/);
    expect(() => parse(['--config'])).toThrow(/--config needs a value/);
  });
});
