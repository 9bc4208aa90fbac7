import { describe, expect, it } from 'vitest';
import { createDataset, networkMetadata, toSafetensors, type Dataset } from '../../browser.js';
import { madeSummary } from '../../tools/compare/testing/runs.js';
import type { DataFacts, GivenFile } from '../protocol.js';
import { createDataSets } from './data-sets.js';
import { openFiles } from './open-files.js';

const kana = ['o', 'ki'];
const data = createDataSets(() => undefined);
const file = (path: string, content: string | Uint8Array): GivenFile => ({
  path,
  file: new Blob([typeof content === 'string' ? content : Uint8Array.from(content)]),
});
const open = (...files: readonly GivenFile[]) => openFiles(files, data, kana);

/** Weights of a network of 4 inputs and 2 classes. */
const parameters = new Map([
  ['layer0.weight', { shape: [4, 2], data: new Float32Array(8) }],
  ['layer0.bias', { shape: [2], data: new Float32Array(2) }],
]);
const images = Uint8Array.from({ length: 40 }, (_, i) => (i * 37) % 256);
const dataset: Dataset = createDataset({
  images,
  labels: [0, 1, 0, 1, 0, 1, 0, 1, 0, 1],
  rows: 2,
  columns: 2,
  classNames: ['<b>', 'b'],
});
const summary = JSON.stringify(madeSummary());

describe('files that are opened', () => {
  it('a network, with the classes and the images that it was made for', async () => {
    const { added, networks } = await open(
      file('model.safetensors', toSafetensors(parameters, networkMetadata(dataset))),
    );
    expect(networks[0]?.format).toMatchObject({ rows: 2, columns: 2 });
    expect(added).toEqual([{ kind: 'network', network: networks[0]?.facts }]);
    expect(networks[0]?.facts).toMatchObject({ title: 'model.safetensors', classNames: ['<b>', 'b'] });
  });

  it.each<[string, Record<string, string>, readonly string[]]>([
    ['nothing', {}, ['0', '1']],
    ['data of the ten kana', { dataset: '{"name":"synthetic:10/10"}' }, kana],
    ['other data', { dataset: '{"name":"shapes"}' }, ['0', '1']],
    ['no JSON', { dataset: '{' }, ['0', '1']],
  ])('a network of which the file says %s', async (_, metadata, expected) => {
    const { networks } = await open(file('a.safetensors', toSafetensors(parameters, metadata)));
    expect(networks[0]?.facts.classNames).toEqual(expected);
  });

  it('a summary, alone or in the folder of its run', async () => {
    const { added } = await open(file('summary.json', summary), file('metrics.csv', ''));
    expect(added).toMatchObject([{ kind: 'run' }]);
    const [first] = added;
    if (first?.kind !== 'run') throw new Error('no run');
    expect(first.run.trials.length).toBeGreaterThan(0);
    expect(first.run.trials[0]!.history.length).toBeGreaterThan(0);
  });

  it.each<[string, GivenFile]>([
    ['markup in place of a network', file('a.safetensors', '<img src=x onerror=alert(1)>')],
    ['no file of a run', file('summary.json', '{"schema":1}')],
    ['depth', file('summary.json', '['.repeat(100_000))],
    ['a network that is far too large', { path: 'a.safetensors', file: { size: 2 ** 40 } as Blob }],
    ['a summary that is far too large', { path: 'summary.json', file: { size: 2 ** 40 } as Blob }],
    ['an IDX file that is none', file('train-images-idx3-ubyte', 'nothing')],
  ])('refuses %s', async (_, given) => {
    await expect(open(given)).rejects.toThrow(expect.objectContaining({ name: 'EngineError' }));
  });

  it('refuses more than a page can hold', async () => {
    const large = { path: 'a/b.png', file: { size: 2 ** 30 } as Blob };
    await expect(open(large)).rejects.toThrow(expect.objectContaining({ kind: 'usage' }));
  });
});

describe('drawings', () => {
  const side = 40;
  /** A cross or a bar, black on white. */
  const picture = (isCross: boolean, shift: number) => {
    const pixels = new Uint8ClampedArray(4 * side * side).fill(255);
    for (let i = 8; i < 32; i++)
      for (const at of [(18 + shift) * side + i, ...(isCross ? [i * side + 18 + shift] : [])])
        for (let wide = 0; wide < 3; wide++) pixels.fill(0, 4 * (at + wide), 4 * (at + wide) + 3);
    return { width: side, height: side, data: pixels };
  };

  it('become a data set, whose newest drawing of each class is tested on', async () => {
    const facts: DataFacts = data.addOwn(
      [true, false, true].map((isCross, i) => ({
        name: `class ${i}`,
        pictures: [0, 1, 2, 3].map((shift) => picture(isCross, shift)),
      })),
    );
    const { train, test, classNames } = await data.find(facts.id);
    expect(classNames).toEqual(['class 0', 'class 1', 'class 2']);
    expect([...train.labels]).toEqual([0, 0, 0, 1, 1, 1, 2, 2, 2]);
    expect([...test.labels]).toEqual([0, 1, 2]);
    expect(facts.about).toBe(
      '3 classes (class 0, class 1, class 2), 9 images of 28 x 28 to train on, 3 to test.',
    );
  });

  it('are not here in another visit', async () => {
    await expect(data.find('opened-files')).rejects.toThrow(expect.objectContaining({ kind: 'no-data' }));
  });
});
