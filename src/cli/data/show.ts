/** Draws the first images of each class of a data set. */
import { basename, resolve } from 'node:path';
import { EngineError } from '../../base/errors.js';
import type { Dataset } from '../../data/dataset.js';
import { parseDataSpec, resolveDataset } from '../../data/resolve.js';
import { encodePng } from '../../formats/png.js';
import { shadesOf } from '../../library/dataset.js';
import { commandLine } from '../../platform/command-line.js';
import { contactSheet, type SheetSet } from '../../report/contact-sheet.js';
import { interrupted } from '../tell-error.js';
import { defineCommand } from '../command.js';
import { dataProgress } from '../live.js';
import { defaulting } from '../option.js';
import { checkOutputFile, replaceFile } from '../save.js';
import { counted, images, named, oneOf, overwrite } from '../shared-options.js';
import type { DataWorld } from './settings.js';

export function showCommand(world: DataWorld) {
  return defineCommand({
    name: 'data show',
    group: 'data',
    summary: 'draw the first images of each class of a data set as a PNG',
    options: {
      out: named('--out', 'FILE', 'the PNG to write'),
      data: defaulting(images('--data', 'the images, as train takes them'), 'auto'),
      beside: images('--beside', 'a second set to the right of it, named in the same way'),
      part: defaulting(oneOf('--part', 'which part of the sets', ['train', 'test']), 'train'),
      perClass: defaulting(counted('--per-class', 'N', 'images of each class, the first ones', [1, 100]), 10),
      scale: defaulting(counted('--scale', 'N', 'screen pixels per pixel', [1, 16]), 2),
      note: named('--note', 'TEXT', 'a line under the images, such as where they come from'),
      overwrite: overwrite('FILE if it is there'),
    },
    run: async ({ out, overwrite, data, beside, part, perClass, scale, note }, { output, signal }) => {
      if (out === undefined)
        throw new EngineError('usage', '--out is missing', {
          expected: '--out FILE, the PNG to write',
          remedy: `for example ${commandLine('data show', '--data synthetic --out synthetic.png')}`,
        });
      checkOutputFile(out, '--out', !overwrite);
      const sets = [data, ...(beside === undefined ? [] : [beside])];
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
          const { labels } = dataset[part];
          return {
            title: titleOf(dataset.name),
            rows,
            columns,
            pixels: shadesOf(dataset[part].pixels),
            labels,
          };
        }),
        { classNames: most.classNames, perClass, scale, ...(note !== undefined && { note }) },
      );
      replaceFile(out, encodePng(sheet, note === undefined ? {} : { Copyright: note }));
      const { width, height } = sheet;
      const names = datasets.map((dataset) => dataset.name);
      output.event({ event: 'saved', path: out, width, height, sets: names, part, perClass });
      output.result(`${out}: ${names.join(' and ')} (${part}), ${width} x ${height} pixels`);
      return 0;
    },
  });
}

/** The last part of a directory's path; other sets are called by their names. */
function titleOf(set: string): string {
  const spec = parseDataSpec(set);
  return spec.kind === 'directory' ? basename(resolve(spec.path)) : set;
}
