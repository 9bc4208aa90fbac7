/** Measures a network of a run again, and says whether the figures of the run hold. */
import { EngineError, exitCodes } from '../../base/errors.js';
import type { Dataset } from '../../data/dataset.js';
import type { InputFormat } from '../../pictures/index.js';
import { defineCommand } from '../command.js';
import { confusedPairs, evaluationText } from '../../tools/networks/evaluation-text.js';
import { compare, lossBound, measure, partsOf, withClassesOf } from '../../tools/networks/evaluation.js';
import { networkFacts, networkText, readNetwork, type RunNetwork } from '../../tools/networks/run-network.js';
import { adapter, images, networkOptions, runWord } from '../shared-options.js';
import { recordedData, recordedFolder } from '../recorded-paths.js';
import { adapterText } from '../../base/text.js';
import { withAdapter } from '../session.js';

export const command = defineCommand({
  name: 'evaluate',
  group: 'results',
  summary: 'measure a network of a run again, and compare with its records',
  about: ['The exit code is also 1 if the figures do not agree with those of the run.'],
  words: [runWord],
  options: {
    ...networkOptions,
    data: images(
      '--data',
      'the images (default: those that the run was trained on); on others nothing is compared',
      'auto|',
    ),
    adapter,
  },
  quiet: 'the table and the verdict only',
  run: async ({ data, ...settings }, context) => {
    const { output, signal } = context;
    const network = readNetwork(settings.words[0]!, settings);
    const { agrees } = await withAdapter(context, settings, async ({ session, loadData }) => {
      const loaded = await (data === undefined ? loadOwnData(network, loadData) : loadData(data));
      const isSame = requireFit(loaded, network, data !== undefined);
      const dataset = withClassesOf(network.classNames, loaded);
      output.info(`network: ${networkText(network)}, of ${network.run.directory}`);
      output.info(`data:    ${dataset.name}`);
      output.info(`adapter: ${adapterText(session.adapter)}\n`);
      const measured = [];
      for (const part of partsOf(dataset, isSame ? network : null)) {
        const logits = await session.inferLogits(network.layers, part.pixels, { signal });
        measured.push(measure(part, logits, dataset.classes));
      }
      const comparison = compare(measured, isSame ? network : null);
      output.result(evaluationText(comparison, isSame));
      output.info(confusedPairs(comparison.parts[0]!.found.confusion, network.classNames));
      output.event({
        event: 'evaluation',
        ...networkFacts(network),
        dataset: { name: dataset.name, sha256: dataset.sha256, isThatOfTheRun: isSame },
        adapter: session.adapter,
        lossBound,
        ...comparison,
      });
      return comparison;
    });
    return agrees === false ? exitCodes.bug : 0;
  },
});

/** The images that the run was trained on. @throws EngineError as `loadData` */
async function loadOwnData(
  { run: { directory, summary } }: RunNetwork,
  loadData: (spec: string) => Promise<Dataset>,
): Promise<Dataset> {
  const { name } = summary.dataset;
  try {
    return await loadData(recordedData(name, recordedFolder(directory)));
  } catch (error) {
    if (!(error instanceof EngineError) || error.kind !== 'no-data') throw error;
    const { message, found, cause } = error;
    throw new EngineError('no-data', message, {
      found,
      expected: `the images that the run was trained on, ${name}`,
      remedy: 'name the place where they are now with --data DIR',
      cause,
    });
  }
}

/** @param isNamed other data may be named @returns whether it is the run's @throws EngineError `usage` */
function requireFit(dataset: Dataset, network: RunNetwork, isNamed: boolean): boolean {
  const { name: recorded, sha256 } = network.run.summary.dataset;
  const { rows, columns, classes } = dataset;
  if (rows * columns !== network.inputs || classes > network.classNames.length)
    throw new EngineError('usage', `the network does not fit the images of ${dataset.name}`, {
      found: `images of ${rows}x${columns}, ${classes} classes`,
      expected: `${network.inputs} pixels, at most ${network.classNames.length} classes`,
      remedy: 'name data like that of the run with --data',
    });
  const kind = (isFeatures: boolean): string => (isFeatures ? 'f32 features' : 'images of bytes');
  const areFeatures = dataset.train.pixels instanceof Float32Array;
  // Runs of earlier versions do not say what they were trained on.
  const input = network.run.summary.dataset.input as InputFormat | null | undefined;
  if (input !== undefined && areFeatures !== (input === null))
    throw new EngineError('usage', `the network does not fit the numbers of ${dataset.name}`, {
      found: kind(areFeatures),
      expected: `${kind(input === null)}, as in the data of the run`,
      remedy: 'name data like that of the run with --data',
    });
  if (dataset.sha256 === sha256) return true;
  if (isNamed) return false;
  throw new EngineError('usage', `${recorded} is not the data that the run was trained on`, {
    found: `sha256 ${dataset.sha256}`,
    expected: sha256,
    remedy: 'name the data with --data; on other data nothing is compared',
  });
}
