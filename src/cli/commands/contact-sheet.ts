/** scripts/contact-sheet.js: the first images of each class of the synthetic set, and of another set beside it, as a PNG. */
import { basename, dirname, resolve } from 'node:path';
import { EngineError } from '../../base/errors.js';
import type { Dataset } from '../../data/dataset.js';
import { readDirectory } from '../../data/directory.js';
import { defaultSize, synthesize } from '../../data/synthetic/index.js';
import { contactSheet, type SheetSet } from '../../report/contact-sheet.js';
import { encodePng } from '../../formats/png-writer.js';
import { parseArguments, type OptionSpec } from '../arguments.js';
import { exitCodeOf, type CommandContext } from '../command.js';
import { helpText } from '../help.js';
import { createOutput } from '../output.js';
import { checkOutputDirectory, replaceFile } from '../save.js';
import { name, wholeNumber } from '../values.js';

const options: readonly OptionSpec[] = [
  { flag: '--out', value: 'FILE', help: 'the PNG to write' },
  { flag: '--data', value: 'DIR', help: 'a set to show to the right of the synthetic one' },
  { flag: '--per-class', value: 'N', help: 'images of each class, the first ones in the set (default 10)' },
  { flag: '--note', value: 'TEXT', help: 'a line under the images, such as where they come from' },
  { flag: '--help', value: null, help: 'this text' },
];

/** @returns the exit code; never throws */
export function contactSheetCommand(argv: readonly string[], context: CommandContext): Promise<number> {
  const { stdout, stderr, signal } = context;
  const output = createOutput({ stdout, stderr, json: false, quiet: false });
  return exitCodeOf(output, signal, async () => {
    const given = parseArguments(options, argv, 'node scripts/contact-sheet.js --help');
    const perClass = wholeNumber('--per-class', given.get('--per-class') ?? '10', 1, 100);
    const note = given.get('--note');
    const data = given.get('--data');
    if (given.has('--help')) {
      output.result(helpText('node scripts/contact-sheet.js --out FILE [options]', options));
      return 0;
    }
    if (note !== undefined) name('--note', note);
    const out = name('--out', outputFile(given.get('--out')));
    checkOutputDirectory(dirname(out));
    const synthetic = synthesize(defaultSize);
    const sets = [asSheetSet(synthetic, synthetic.name)];
    if (data !== undefined) sets.push(asSheetSet(await readDirectory(data), basename(resolve(data))));
    const sheet = contactSheet(sets, {
      classNames: synthetic.classNames,
      perClass,
      scale: 2,
      ...(note !== undefined && { note }),
    });
    replaceFile(out, encodePng(sheet, note === undefined ? {} : { Copyright: note }));
    output.result(`${out}: ${sheet.width} x ${sheet.height}`);
    return 0;
  });
}

function outputFile(given: string | undefined): string {
  if (given !== undefined) return given;
  throw new EngineError('usage', '--out is missing', {
    expected: '--out FILE',
    remedy: 'see node scripts/contact-sheet.js --help',
  });
}

function asSheetSet({ rows, columns, train }: Dataset, title: string): SheetSet {
  return { title, rows, columns, pixels: train.pixels, labels: train.labels };
}
