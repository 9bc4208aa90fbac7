/** Writes the data set of one directory in the other format into another directory. */
import { refused } from '../../base/errors.js';
import { existsSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { gzipSync } from 'node:zlib';
import { EngineError } from '../../base/errors.js';
import { imageBytes, transposed, type Dataset, type LabelledImages } from '../../data/dataset.js';
import { byteCount } from '../../base/bad-file.js';
import { dataFilesOf } from '../../data/array-set.js';
import { classNamesFile, formatOf, idxNames, npzNames } from '../../data/file-names.js';
import { encodeIdxImages, encodeIdxLabels } from '../../formats/idx.js';
import { encodeNpz } from '../../formats/npz.js';
import type { Tensor } from '../../formats/tensor.js';
import { greyNames } from '../../pictures/plane.js';
import type { Output } from '../../base/output.js';
import { defineCommand, type Settings } from '../command.js';
import { checkOutputDirectory, replaceFile } from '../save.js';
import { dataProgress } from '../live.js';
import { switchOption, underAll, type Option } from '../option.js';
import { counted, name, oneOf, overwrite } from '../shared-options.js';
import { readNamed } from './settings.js';

const options = {
  format: oneOf(
    '--format',
    'what to write (default: npz from IDX files and of features, idx-gz from others)',
    ['idx', 'idx-gz', 'npz'],
  ),
  transpose: switchOption('--transpose', 'turn rows into columns: EMNIST keeps its images so'),
  ...underAll('pictures', {
    size: sized('--size', 'of the images (default: that of the pictures if all have one, else 28x28)'),
    polarity: oneOf('--polarity', 'keep levels (default), invert them, or invert those with a light rim', [
      'keep',
      'invert',
      'dark',
    ]),
    grey: oneOf('--grey', 'what becomes of colours (default: brightness)', greyNames),
    seed: counted('--seed', 'N', 'draws the test set, a fifth, where there is none (default: 0)', [
      0,
      2 ** 32 - 1,
    ]),
  }),
  overwrite: overwrite('a data set that is in TO'),
};

/** Rows and columns, such as 28x28. */
function sized(flag: string, help: string): Option<readonly [number, number]> {
  const read = (text: string): readonly [number, number] => {
    const [rows = 0, columns = 0] = (/^(\d{1,4})x(\d{1,4})$/.exec(text) ?? []).slice(1).map(Number);
    if (rows >= 1 && rows <= 512 && columns >= 1 && columns <= 512) return [rows, columns];
    throw refused(flag, text, 'ROWSxCOLUMNS, 1 to 512 each, such as 28x28');
  };
  return { flag, value: 'RxC', help, read };
}

type Values = Pick<Settings<typeof options>, 'transpose' | 'size' | 'polarity' | 'grey' | 'seed'>;
type Format = NonNullable<Settings<typeof options>['format']>;

export const importCommand = defineCommand({
  name: 'data import',
  group: 'data',
  summary: 'convert the data set in FROM (IDX, numpy files, or pictures) into IDX or npz in TO',
  words: [
    { name: 'FROM', help: 'a data set, as --data takes it' },
    { name: 'TO', help: 'the directory that the converted one goes to' },
  ],
  options,
  run: async (settings, { output, signal }) => {
    const [from, to] = [name('FROM', settings.words[0]!), name('TO', settings.words[1]!)];
    if (resolve(from) === resolve(to))
      throw new EngineError('usage', `FROM and TO are both ${resolve(to)}`, {
        expected: 'another directory to write to',
        remedy: `for example ${to}-converted`,
      });
    checkOutputDirectory(to, 'TO');
    const before = filesBefore(to);
    if (before.length > 0 && !settings.overwrite)
      throw new EngineError('usage', `there is a data set in ${to} already`, {
        found: before.join(', '),
        expected: 'a directory without the files of a data set',
        remedy: 'name another directory, or replace that data set with --overwrite',
      });
    const dataset = await readSource(from, settings, output, signal);
    const isIdx = filesBefore(from).some((file) => formatOf(file) === 'idx');
    const areFeatures = dataset.train.pixels instanceof Float32Array;
    const format = settings.format ?? (isIdx || areFeatures ? 'npz' : 'idx-gz');
    if (areFeatures && format !== 'npz') throw featuresNeedNpz(from, format);
    const written = new Set<string>();
    for await (const { file, content } of filesOf(dataset, format)) {
      replaceFile(join(to, file), content);
      written.add(file);
      output.event({ event: 'saved', path: join(to, file), bytes: content.length });
      output.info(`${join(to, file)}: ${byteCount(content.length)}`);
    }
    // What is left of the set that was replaced would be read in the place of the new one.
    for (const file of before) if (!written.has(file)) rmSync(join(to, file));
    const check = await readNamed(to);
    if (check.sha256 !== dataset.sha256)
      throw new EngineError('bug', `${to} does not read back as what ${from} holds`, {
        found: check.sha256,
        expected: dataset.sha256,
      });
    const { train, test, sha256 } = dataset;
    output.event({ event: 'imported', from, to, format, train: train.count, test: test.count, sha256 });
    const counts = `${train.count.toLocaleString('en-US')} + ${test.count.toLocaleString('en-US')} images`;
    output.result(`${to}: ${counts} as ${format}, read back the same; train with --data ${to}`);
    return 0;
  },
});

/** Reads what is to be converted, with its notice told. */
async function readSource(
  from: string,
  { transpose, size, polarity, grey, seed }: Values,
  output: Output,
  signal: AbortSignal,
): Promise<Dataset> {
  const asked = { size, polarity, grey, seed };
  const used = { pictures: false, seed: false };
  const { onPictures } = dataProgress(output);
  const dataset = await readNamed(from, {
    ...asked,
    signal,
    onDrawn: () => {
      used.seed = true;
    },
    onPictures: (done, total) => {
      used.pictures = true;
      onPictures(done, total);
    },
  });
  output.clear();
  const isUsed = (option: string): boolean => used.pictures || (option === 'seed' && used.seed);
  const [first] =
    Object.entries(asked).find(([option, value]) => value !== undefined && !isUsed(option)) ?? [];
  const ofSeed = first === 'seed';
  if (first !== undefined)
    throw new EngineError('usage', `--${first} is not for this data set`, {
      found: `${from}, which holds arrays${ofSeed ? ' and a test set' : ''}`,
      expected: `a folder of pictures for each class, or a CSV${ofSeed ? ', or arrays of one part' : ''}`,
      remedy: `leave out --${first}`,
    });
  if (dataset.notice !== undefined) output.info(`NOTICE:  ${dataset.notice}`);
  return transpose ? transposed(dataset) : dataset;
}

function featuresNeedNpz(from: string, format: Format): EngineError {
  return new EngineError('usage', `${from} holds f32 features, which are not written as ${format}`, {
    expected: 'images of bytes, or another format',
    remedy: 'use --format npz, which keeps them as float32',
  });
}

/** The files of a data set that are in a directory. */
function filesBefore(directory: string): readonly string[] {
  if (!existsSync(directory) || !statSync(directory).isDirectory()) return [];
  const files = readdirSync(directory);
  const data = dataFilesOf(files);
  return data.length > 0 && files.includes(classNamesFile) ? [...data, classNamesFile] : data;
}

interface Content {
  readonly file: string;
  readonly content: Uint8Array;
}

async function* filesOf(dataset: Dataset, format: Format): AsyncGenerator<Content> {
  if (dataset.classNames.some((each, label) => each !== String(label)))
    yield { file: classNamesFile, content: Buffer.from(`${dataset.classNames.join('\n')}\n`) };
  for (const part of ['train', 'test'] as const) {
    const { count, labels }: LabelledImages = dataset[part];
    const { rows, columns } = dataset;
    if (format === 'npz') {
      const only = (tensor: Tensor): Promise<Uint8Array> =>
        encodeNpz(new Map([['arr_0', tensor]]), { deflate: true });
      const { images, labels: names } = npzNames[part];
      yield {
        file: images,
        content: await only({ shape: [count, rows, columns], data: dataset[part].pixels }),
      };
      yield { file: names, content: await only({ shape: [count], data: labels }) };
      continue;
    }
    const { images, labels: names } = idxNames[part];
    const pack = (file: string, content: Uint8Array): Content =>
      format === 'idx' ? { file, content } : { file: `${file}.gz`, content: gzipSync(content, { level: 9 }) };
    yield pack(images, encodeIdxImages({ count, rows, columns, pixels: imageBytes(dataset[part]) }));
    yield pack(names, encodeIdxLabels(labels));
  }
}
