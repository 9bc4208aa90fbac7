import { describe, expect, test } from 'vitest';
import { parseDataSpec, resolveDataset } from './resolve.js';
import { engineError } from '../formats/testing/bytes.js';

describe('parseDataSpec', () => {
  test.each([
    ['auto', { kind: 'auto' }],
    ['kmnist', { kind: 'kmnist' }],
    ['synthetic', { kind: 'synthetic', train: 12_000, test: 2_000 }],
    ['synthetic:500', { kind: 'synthetic', train: 500, test: 2_000 }],
    ['synthetic:500/30', { kind: 'synthetic', train: 500, test: 30 }],
    ['../shared/kmnist10k', { kind: 'directory', path: '../shared/kmnist10k' }],
    ['./kmnist', { kind: 'directory', path: './kmnist' }],
    ['KMNIST', { kind: 'directory', path: 'KMNIST' }],
    ['C:\\data', { kind: 'directory', path: 'C:\\data' }],
    [' spaced name ', { kind: 'directory', path: ' spaced name ' }],
  ])('%s', (spec, expected) => {
    expect(parseDataSpec(spec)).toEqual(expected);
  });

  test.each([
    '',
    '  ',
    'a\0b',
    'synthetic:',
    'synthetic:/',
    'synthetic:many',
    'synthetic:100/',
    'synthetic:/100',
    'synthetic:100/20/3',
    'synthetic:-100',
    'synthetic:1e3',
    'synthetic:100.5',
    'synthetic: 100',
    'synthetic:9',
    'synthetic:100/9',
    'synthetic:1000001',
    'synthetic:99999999999999999999',
    'synthetic:100/NaN',
  ])('%j is refused before anything is touched', async (spec) => {
    const error = await engineError(() => parseDataSpec(spec), 'usage', '--data');
    expect(error.exitCode).toBe(2);
    expect(error.expected).toContain('synthetic');
    await engineError(() => resolveDataset(spec), 'usage', 'data set');
  });
});

describe('resolveDataset', () => {
  test('draws a synthetic set of the size that was asked for, the same every time', async () => {
    const [one, two] = [await resolveDataset('synthetic:40/20'), await resolveDataset('synthetic:40/20')];
    expect(one).toMatchObject({ name: 'synthetic:40/20', rows: 28, columns: 28, classes: 10 });
    expect([one.train.count, one.test.count]).toEqual([40, 20]);
    expect(one.notice).toBeUndefined();
    expect(two.sha256).toBe(one.sha256);
    expect((await resolveDataset('synthetic:40/20', { syntheticSeed: 99 })).sha256).not.toBe(one.sha256);
  });

  test('says what it knows when there is no such directory', async () => {
    const error = await engineError(() => resolveDataset('syntetic'), 'no-data', 'syntetic');
    expect(error.exitCode).toBe(66);
    expect(error.expected).toContain('synthetic[:TRAIN[/TEST]]');
  });
});
