/** Says what characters pictures show, by a network of a run. */
import { readFileSync, statSync } from 'node:fs';
import { unreadable } from '../../base/bad-file.js';
import { EngineError } from '../../base/errors.js';
import type { Output } from '../../base/output.js';
import { adapterText, alignedTable } from '../../base/text.js';
import { percent } from '../../experiments/format.js';
import { asTrainingImage, type ImageSize } from '../../formats/picture.js';
import { decodePng } from '../../formats/png.js';
import { argmax, softmax } from '../../library/logits.js';
import { interrupted } from '../tell-error.js';
import { defineCommand } from '../command.js';
import { networkFacts, networkText, readNetwork, type RunNetwork } from '../../tools/networks/run-network.js';
import { adapter, networkOptions, runWord } from '../shared-options.js';
import { withAdapter } from '../session.js';

export const command = defineCommand({
  name: 'predict',
  group: 'results',
  summary: 'say what characters pictures show, by a network of a run',
  words: [runWord, { name: 'IMAGE.png', help: 'PNG files of one character each', isRepeated: true }],
  options: { ...networkOptions, adapter },
  quiet: 'the table only',
  run: async (settings, context) => {
    const { output, signal } = context;
    const [run, ...files] = settings.words;
    const network = readNetwork(run!, settings);
    const size = imageSize(network);
    const pixels = Buffer.concat(files.map((file) => asTrainingImage(readPicture(file), size, file)));
    await withAdapter(context, settings, async ({ session }) => {
      if (signal.aborted) throw interrupted();
      output.event({ event: 'network', ...networkFacts(network), adapter: session.adapter });
      const logits = await session.inferLogits(network.layers, pixels, { signal });
      tell(network, files, logits, output);
      output.info(`\nnetwork: ${networkText(network)}, of ${network.run.directory}`);
      output.info(`adapter: ${adapterText(session.adapter)}`);
    });
    return 0;
  },
});

function imageSize({ inputs, checkpoint }: RunNetwork): ImageSize {
  const side = Math.sqrt(inputs);
  if (Number.isInteger(side)) return { rows: side, columns: side };
  throw new EngineError('usage', `${checkpoint.path} is not a network for square images`, {
    found: `${inputs} inputs`,
    expected: 'a square number, such as 784 for 28x28',
    remedy: 'predict with a network that was trained on square images',
  });
}

/** Far more than any picture of a character has; not to be read into memory by mistake. */
const largestFile = 2 ** 26;

function readPicture(file: string): ReturnType<typeof decodePng> {
  let bytes: Uint8Array;
  try {
    const { size } = statSync(file);
    if (size > largestFile)
      throw new EngineError('bad-file', `${file} is too large for a picture of a character`, {
        found: `${size} bytes`,
        expected: `at most ${largestFile}`,
        remedy: 'cut out the character',
      });
    bytes = readFileSync(file);
  } catch (cause) {
    throw unreadable(file, cause);
  }
  return decodePng(bytes, file);
}

/** How many classes a row of the table has. */
const shownClasses = 3;

function tell(network: RunNetwork, files: readonly string[], logits: Float32Array, output: Output): void {
  const { classNames } = network;
  const classes = classNames.length;
  const probabilities = softmax(logits, classes);
  const rows = files.map((file, index) => {
    const row = probabilities.subarray(index * classes, (index + 1) * classes);
    const best = argmax(row);
    const byClass = Object.fromEntries(classNames.map((each, j) => [each, row[j]!]));
    output.event({
      event: 'prediction',
      file,
      class: classNames[best]!,
      index: best,
      probability: row[best]!,
      probabilities: byClass,
    });
    const order = Array.from(row.keys()).toSorted((a, b) => row[b]! - row[a]!);
    const cells = order.slice(0, shownClasses).map((j) => `${classNames[j]!} ${percent(row[j]!)}`);
    return [file, ...cells];
  });
  const heading = ['picture', 'class', 'or', 'or'].slice(0, 1 + Math.min(shownClasses, classes));
  output.result(alignedTable([heading, ...rows]));
}
