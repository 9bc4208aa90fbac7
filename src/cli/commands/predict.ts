/** scripts/predict.js: what characters pictures show, by a network of a run. */
import { readFileSync, statSync } from 'node:fs';
import { EngineError } from '../../base/errors.js';
import { unreadable } from '../../base/bad-file.js';
import { percent } from '../../experiments/format.js';
import { asTrainingImage, type ImageSize } from '../../formats/picture.js';
import { decodePng } from '../../formats/png.js';
import { argmax, softmax } from '../../train/logits.js';
import { parseWords, type OptionSpec } from '../arguments.js';
import { exitCodeOf, interrupted, type CommandContext } from '../command.js';
import { helpText } from '../help.js';
import {
  networkChoice,
  networkFacts,
  networkOptions,
  networkText,
  readNetwork,
  type NetworkChoice,
  type RunNetwork,
} from '../network.js';
import { commandOutput, type Output } from '../output.js';
import { firstRun } from '../run-word.js';
import { alignedTable } from '../tables.js';
import { name } from '../values.js';

const helpCommand = 'node scripts/predict.js --help';

export const predictOptions: readonly OptionSpec[] = [
  ...networkOptions,
  { flag: '--adapter', value: 'NAME', help: "part of the adapter's name, where there are several" },
  { flag: '--json', value: null, help: 'one JSON object per line on stdout; text for people goes to stderr' },
  { flag: '--quiet', value: null, help: 'the table only' },
  { flag: '--help', value: null, help: 'this text' },
];

interface PredictSettings {
  readonly run: string;
  readonly files: readonly string[];
  readonly choice: NetworkChoice;
  readonly adapter: string | undefined;
}

/** @returns the exit code; never throws */
export function predictCommand(argv: readonly string[], context: CommandContext): Promise<number> {
  const { stdout, stderr, signal } = context;
  const output = commandOutput(argv, { stdout, stderr });
  return exitCodeOf(output, signal, async () => {
    const { values, words } = parseWords(predictOptions, argv, helpCommand);
    if (values.has('--help')) {
      output.result(helpText('node scripts/predict.js RUN IMAGE.png... [options]', predictOptions));
      return 0;
    }
    const adapter = values.get('--adapter');
    const settings: PredictSettings = {
      run: firstRun(words, helpCommand),
      files: images(words),
      choice: networkChoice(values),
      adapter: adapter === undefined ? undefined : name('--adapter', adapter),
    };
    await predict(settings, context, output);
    return 0;
  });
}

function images(words: readonly string[]): readonly string[] {
  const files = words.slice(1);
  if (files.length > 0) return files;
  throw new EngineError('usage', 'no picture was named', {
    expected: 'a run and one or more PNG files',
    remedy: `see ${helpCommand}`,
  });
}

async function predict(
  { run, files, choice, adapter }: PredictSettings,
  { loadEngine, signal }: CommandContext,
  output: Output,
): Promise<void> {
  const network = readNetwork(run, choice);
  const size = imageSize(network);
  const pixels = Buffer.concat(files.map((file) => asTrainingImage(readPicture(file), size, file)));
  const engine = await loadEngine();
  const session = await engine.open(adapter === undefined ? {} : { adapter });
  try {
    if (signal.aborted) throw interrupted();
    output.event({ event: 'network', ...networkFacts(network), adapter: session.adapter });
    const logits = await session.inferLogits(network.layers, pixels, { signal });
    tell(network, files, logits, output);
    const { description, software } = session.adapter;
    output.info(`\nnetwork: ${networkText(network)}, of ${network.run.directory}`);
    output.info(`adapter: ${description}${software ? ' (a software adapter)' : ''}`);
  } finally {
    session.close();
  }
}

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
