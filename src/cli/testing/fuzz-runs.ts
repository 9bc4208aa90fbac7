/** summary.json of a run, with what commands make of it. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { judge } from '../../tools/compare/measures.js';
import { figuresTable, readingText, runsText, verdictText } from '../../tools/compare/text.js';
import { opponents, readContenders } from '../../tools/compare/runs.js';
import { warningsOf } from '../../tools/compare/warnings.js';
import { networkFacts, networkText, readNetwork } from '../../tools/networks/run-network.js';
import { findRun } from '../../tools/serve/catalogue.js';
import { listContent } from '../../tools/serve/list-page.js';
import { openRun } from '../../runs/index.js';
import { madeSummary } from '../../tools/compare/testing/runs.js';
import { scratchFile } from '../../testing/fuzz/scratch.js';
import { jsonTarget, orRefused, relyOn } from '../../testing/fuzz/target.js';

/** Two variants with two seeds, and one beside them: short, so that a mutation hits what matters. */
const summaries = [
  JSON.stringify(madeSummary({ experiment: 2, seeds: 2 })),
  JSON.stringify(madeSummary({ experiment: 1, seeds: 1 })),
];

let summaryFile: string | undefined;

/** What evaluate.js, predict.js, export.js, compare.js and serve.js do with a run, up to the GPU. */
function useRun(text: string): void {
  summaryFile ??= scratchFile('run/summary.json');
  const directory = dirname(summaryFile);
  mkdirSync(directory, { recursive: true });
  writeFileSync(summaryFile, text);
  // serve.js shows whatever there is, and refuses nothing.
  const listed = findRun(dirname(directory), ['run']);
  relyOn(
    listed !== null && !/<(script|img)/.test(listContent([listed]).markup),
    'its page is open to its texts',
  );
  const { summary } = openRun(directory);
  relyOn(
    summary.variants.length > 0 && summary.selected.classNames.every((name) => typeof name === 'string'),
    'holes',
  );
  const contenders = orRefused(() => readContenders([directory]));
  if (contenders !== null) {
    warningsOf(contenders);
    const verdicts = opponents(contenders).map(([left, right]) => judge(left, right));
    printable([
      runsText(contenders),
      figuresTable(contenders),
      ...verdicts.map(verdictText),
      readingText(verdicts),
    ]);
  }
  const network = orRefused(() =>
    readNetwork(directory, { variant: undefined, seed: undefined, which: 'best' }),
  );
  if (network !== null) printable([networkText(network), JSON.stringify(networkFacts(network))]);
}

function printable(texts: readonly string[]): void {
  for (const text of texts)
    relyOn(!/[^\n\P{Cc}]/u.test(text), `it would steer a terminal: ${JSON.stringify(text)}`);
}

export const summaryTarget = jsonTarget('summary', summaries, useRun, { kinds: ['bad-file'], share: 0.2 });
