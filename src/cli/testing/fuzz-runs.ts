/** The targets that are files of a run: checkpoints and summary.json, with what commands make of them. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { judge } from '../../tools/compare/measures.js';
import { figuresTable, readingText, runsText, verdictText } from '../../tools/compare/text.js';
import { opponents, readContenders } from '../../tools/compare/runs.js';
import { warningsOf } from '../../tools/compare/warnings.js';
import { networkFacts, networkText, readNetwork } from '../network.js';
import { findRun } from '../../tools/serve/catalogue.js';
import { listContent } from '../../tools/serve/list-page.js';
import { denseLayers } from '../../formats/dense.js';
import { elementCount } from '../../formats/tensor.js';
import { checkTrial } from '../../train/check-trial.js';
import { openRun, parseCheckpoint } from '../../runs/index.js';
import { madeSummary } from '../../tools/compare/testing/runs.js';
import { checkpoints, mutateCheckpoint } from '../../runs/testing/fuzz-checkpoints.js';
import { orRefused, relyOn, type Target } from '../../testing/fuzz/target.js';
import { jsonTarget, scratchFile } from './fuzz-settings.js';

const checkpointTarget: Target = {
  name: 'checkpoint',
  seeds: checkpoints,
  mutate: mutateCheckpoint,
  kinds: ['bad-file'],
  read: (bytes) => {
    const { epoch, step, facts, history, metrics, ...kinds } = parseCheckpoint(bytes, 'best.safetensors');
    relyOn(
      Number.isSafeInteger(epoch) && epoch >= 0 && Number.isSafeInteger(step) && step >= 0,
      'it is nowhere',
    );
    relyOn(history.length === epoch && (step === 0) === (metrics.length === 0), 'its history is another');
    checkTrial(facts.trial);
    const { parameters, firstMoments, secondMoments } = kinds;
    for (const tensors of [parameters, firstMoments, secondMoments])
      for (const { shape, data } of tensors.values())
        relyOn(data instanceof Float32Array && data.length === elementCount(shape), 'a parameter is none');
    const layers = denseLayers(parameters, 'best.safetensors');
    relyOn(layers.length > 0, 'it has no layer');
  },
};

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

const summaryTarget = jsonTarget('summary', summaries, useRun, { kinds: ['bad-file'], share: 0.2 });

export const runTargets: readonly Target[] = [checkpointTarget, summaryTarget];
