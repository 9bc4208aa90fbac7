/** data.js show: the first images of each class of a data set, as a picture. */
import { existsSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import { EngineError } from '../../base/errors.js';
import type { Dataset } from '../../data/dataset.js';
import { parseDataSpec, resolveDataset } from '../../data/resolve.js';
import { contactSheet, type SheetSet } from '../../report/contact-sheet.js';
import { encodePng } from '../../formats/png.js';
import type { ParsedArguments } from '../arguments.js';
import { interrupted } from '../command.js';
import { dataProgress } from '../live.js';
import { checkOutputDirectory, replaceFile } from '../save.js';
import { name, oneOf, wholeNumber } from '../values.js';
import type { DataRequest, Subcommand } from './settings.js';

const parts = ['train', 'test'] as const;

export const showSubcommand: Subcommand = {
  purpose: 'draw the first images of each class of a data set as a PNG',
  words: '',
  wordCount: [0, 0],
  options: [
    { flag: '--out', value: 'FILE', help: 'the PNG to write' },
    {
      flag: '--data',
      value: 'auto|kmnist|synthetic[:TRAIN[/TEST]]|DIR',
      help: 'the images, as train.js takes them (default auto)',
    },
    { flag: '--beside', value: 'SET', help: 'a second set to the right of it, named in the same way' },
    { flag: '--part', value: parts.join('|'), help: 'which part of the sets (default train)' },
    { flag: '--per-class', value: 'N', help: 'images of each class, the first ones (default 10)' },
    { flag: '--scale', value: 'N', help: 'screen pixels per pixel (default 2)' },
    { flag: '--note', value: 'TEXT', help: 'a line under the images, such as where they come from' },
    { flag: '--overwrite', value: null, help: 'replace FILE if it is there' },
  ],
  check: (given) => {
    settingsOf(given);
  },
  run: show,
};

interface ShowSettings {
  readonly out: string;
  readonly sets: readonly string[];
  readonly part: (typeof parts)[number];
  readonly perClass: number;
  readonly scale: number;
  readonly note: string | undefined;
}

function settingsOf(given: ParsedArguments): ShowSettings {
  const out = given.get('--out');
  const note = given.get('--note');
  const beside = given.get('--beside');
  const sets = [given.get('--data') ?? 'auto', ...(beside === undefined ? [] : [beside])];
  sets.forEach(parseDataSpec);
  const settings = {
    sets,
    part: oneOf('--part', given.get('--part') ?? 'train', parts),
    perClass: wholeNumber('--per-class', given.get('--per-class') ?? '10', 1, 100),
    scale: wholeNumber('--scale', given.get('--scale') ?? '2', 1, 16),
    note: note === undefined ? undefined : name('--note', note),
  };
  if (out === undefined)
    throw new EngineError('usage', '--out is missing', {
      expected: '--out FILE, the PNG to write',
      remedy: 'for example node scripts/data.js show --data synthetic --out synthetic.png',
    });
  checkOutputDirectory(dirname(name('--out', out)));
  if (existsSync(out) && !given.has('--overwrite'))
    throw new EngineError('usage', `--out ${out} is there already`, {
      expected: 'a path at which nothing is yet',
      remedy: 'name another file, or replace it with --overwrite',
    });
  return { out, ...settings };
}

/** The last part of a directory's path; other sets are called by their names. */
function titleOf(set: string): string {
  const spec = parseDataSpec(set);
  return spec.kind === 'directory' ? basename(resolve(spec.path)) : set;
}

async function show({ given, output, signal, ...world }: DataRequest): Promise<number> {
  const { out, sets, part, perClass, scale, note } = settingsOf(given);
  const datasets: Dataset[] = [];
  for (const spec of sets) {
    datasets.push(await resolveDataset(spec, { ...world, signal, ...dataProgress(output) }));
    output.clear();
    if (signal.aborted) throw interrupted();
  }
  for (const { notice } of datasets) if (notice !== undefined) output.info(notice);
  const most = datasets.reduce((widest, each) => (each.classes > widest.classes ? each : widest));
  const sheet = contactSheet(
    datasets.map((dataset): SheetSet => {
      const { rows, columns } = dataset;
      const { pixels, labels } = dataset[part];
      return { title: titleOf(dataset.name), rows, columns, pixels, labels };
    }),
    { classNames: most.classNames, perClass, scale, ...(note !== undefined && { note }) },
  );
  replaceFile(out, encodePng(sheet, note === undefined ? {} : { Copyright: note }));
  const { width, height } = sheet;
  const names = datasets.map((dataset) => dataset.name);
  output.event({ event: 'saved', path: out, width, height, sets: names, part, perClass });
  output.result(`${out}: ${names.join(' and ')} (${part}), ${width} x ${height} pixels`);
  return 0;
}
