/** Holds finished runs beside each other, and says which differences their seeds show. */
import { textColumns, wrap } from '../../base/text.js';
import { freePath, runName } from '../../runs/index.js';
import { comparisonEvents } from '../../tools/compare/events.js';
import { judge } from '../../tools/compare/measures.js';
import { opponents, readContenders } from '../../tools/compare/runs.js';
import { figuresTable, readingText, runsText, verdictText } from '../../tools/compare/text.js';
import { warningsOf } from '../../tools/compare/warnings.js';
import { defineCommand } from '../command.js';
import { checkOutputFile, replaceFile } from '../save.js';
import { named, overwrite } from '../shared-options.js';

export const command = defineCommand({
  name: 'compare',
  group: 'results',
  summary: 'compare finished runs, and say which differences their seeds show',
  about: [
    'Each variant is held against the variant of the same name in the first run, or else against the first ' +
      'variant; variants of a single run against its first one.',
  ],
  words: [
    {
      name: 'RUN[:VARIANT]',
      help:
        'the directory of a run, such as runs/final-20261122-171530, or latest; every variant of it takes part, ' +
        'or the one named behind the colon',
      isRepeated: true,
    },
  ],
  options: {
    out: named(
      '--out',
      'FILE',
      'where the chart of the validation curves goes, an SVG (default runs/compare-TIME.svg)',
    ),
    overwrite: overwrite('that file if it is there'),
  },
  quiet: 'the tables only',
  run: async ({ words, out = freePath(runName('compare', new Date()), '.svg'), overwrite }, { output }) => {
    checkOutputFile(out, '--out', !overwrite);
    const contenders = readContenders(words);
    const warnings = warningsOf(contenders);
    const verdicts = opponents(contenders).map(([left, right]) => judge(left, right));
    for (const event of comparisonEvents(contenders, warnings, verdicts)) output.event(event);
    output.info(`${runsText(contenders)}\n`);
    for (const { text } of warnings) output.error(wrap(`warning: ${text}`, textColumns, '  '));
    output.result(figuresTable(contenders));
    output.info('mean ± standard deviation over seeds; test: the weights that the summary names\n');
    output.result(verdicts.map(verdictText).join('\n\n'));
    output.info(wrap(readingText(verdicts), textColumns));
    // Drawing takes a while to load, and no other command needs it.
    const { overlaySvg } = await import('../../tools/compare/chart.js');
    replaceFile(out, await overlaySvg(contenders));
    output.event({ event: 'saved', path: out });
    output.info(`\ncurves: ${out}`);
    return 0;
  },
});
