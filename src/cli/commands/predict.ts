/** Says what characters pictures show, by a network of a run. */
import { EngineError, exitCodes } from '../../base/errors.js';
import type { Output } from '../../base/output.js';
import { adapterText, alignedTable } from '../../base/text.js';
import { percent } from '../../experiments/format.js';
import { encodePng } from '../../formats/png.js';
import { argmax, softmax } from '../../library/logits.js';
import { assumedFormat, convertPicture, readPicture } from '../../pictures/index.js';
import type { Converted, InputFormat, Picture } from '../../pictures/index.js';
import { commandLine } from '../../platform/command-line.js';
import { networkFacts, networkText, readNetwork, type RunNetwork } from '../../tools/networks/run-network.js';
import { defineCommand, type RunContext, type Settings } from '../command.js';
import { switchOption } from '../option.js';
import { csvOf, type Answer } from '../predict/answers.js';
import { pictureFiles } from '../predict/picture-files.js';
import { mostShown, sheetOf } from '../predict/sheet.js';
import { checkOutputFile, replaceFile } from '../save.js';
import { withAdapter } from '../session.js';
import { adapter, named, networkOptions, overwrite, runWord } from '../shared-options.js';
import { interrupted, tellError } from '../tell-error.js';

const options = {
  ...networkOptions,
  strict: switchOption('--strict', 'refuse pictures that become images unlike the training images'),
  transpose: switchOption('--transpose', 'exchange rows and columns, as the files of EMNIST have them'),
  show: named('--show', 'FILE.png', 'draw what the network is given, beside each picture'),
  csv: named('--csv', 'FILE', 'write the class and all probabilities of each picture'),
  overwrite: overwrite('the files of --show and --csv'),
  adapter,
};

export const command = defineCommand({
  name: 'predict',
  group: 'results',
  summary: 'say what characters pictures show, by a network of a run',
  about: [
    'A picture is converted to what the training images look like; one that is unlike them even then is',
    'marked "doubtful". If some pictures cannot be read, the others are answered, and the exit code is 65.',
  ],
  words: [
    runWord,
    {
      name: 'PICTURE',
      help: 'PNG, JPEG, WebP, AVIF, TIFF or GIF files of one character each, folders of them, or patterns',
      isRepeated: true,
    },
  ],
  options,
  quiet: 'the table only',
  run: async (settings, context) => {
    const { output, signal } = context;
    const [run, ...words] = settings.words;
    for (const flag of ['show', 'csv'] as const)
      if (settings[flag] !== undefined) checkOutputFile(settings[flag], `--${flag}`, !settings.overwrite);
    const network = readNetwork(run!, settings);
    const format = formatOf(network, output);
    const { given, faults } = await readAll(pictureFiles(words), format, settings, context);
    if (given.length === 0) return tellFaults(faults, context);
    await withAdapter(context, settings, async ({ session }) => {
      if (signal.aborted) throw interrupted();
      output.event({ event: 'network', ...networkFacts(network), adapter: session.adapter });
      const pixels = Buffer.concat(given.map((each) => each.pixels));
      const logits = await session.inferLogits(network.layers, pixels, { signal });
      const answers = answersOf(given, softmax(logits, network.classNames.length), network);
      tell(answers, network, output);
      save(answers, given, { format, network, output, ...settings });
      output.info(`\nnetwork: ${networkText(network)}, of ${network.run.directory}`);
      output.info(`adapter: ${adapterText(session.adapter)}`);
    });
    return tellFaults(faults, context);
  },
});

/** What the network's training images look like. @throws EngineError `usage` if they were no images */
function formatOf({ run, inputs, checkpoint }: RunNetwork, output: Output): InputFormat {
  // Runs of earlier versions have none.
  const input = run.summary.dataset.input as InputFormat | null | undefined;
  if (input != null && input.rows * input.columns === inputs) return input;
  const side = Math.sqrt(inputs);
  if (input === null || !Number.isInteger(side))
    throw new EngineError('usage', `${checkpoint.path} is no network of pictures`, {
      found:
        input === null ? 'it was trained on f32 features' : `${inputs} inputs, of which no rows are known`,
      expected: 'a network that was trained on images',
      remedy:
        input === null
          ? `measure it with ${commandLine('evaluate', `${run.directory} --data DIR`)}, or train on images`
          : 'train on images; runs of this version record their rows and columns',
    });
  output.info(
    `The run does not say what its images look like: ${side} x ${side} is assumed, light characters on\n` +
      'black that fill the frame, as in KMNIST.',
  );
  return assumedFormat({ rows: side, columns: side });
}

interface Given extends Converted {
  readonly file: string;
  readonly picture: Picture;
}

/** Reads and converts all pictures; what cannot be used does not stop the others. */
async function readAll(
  files: readonly string[],
  format: InputFormat,
  { strict, transpose }: Settings<typeof options>,
  { output, signal }: RunContext,
): Promise<{ readonly given: readonly Given[]; readonly faults: readonly EngineError[] }> {
  const given: Given[] = [];
  const faults: EngineError[] = [];
  for (const [i, file] of files.entries()) {
    if (signal.aborted) throw interrupted();
    if (files.length > 20) output.live(`${i} of ${files.length} pictures`);
    try {
      const read = await readPicture(file);
      const picture = transpose ? transposed(read) : read;
      const converted = convertPicture(picture, format, file);
      if (strict && converted.doubts.length > 0) throw unlike(file, converted);
      given.push({ ...converted, file, picture });
    } catch (error) {
      if (!(error instanceof EngineError)) throw error;
      faults.push(error);
    }
  }
  output.clear();
  return { given, faults };
}

function unlike(file: string, { doubts }: Converted): EngineError {
  return new EngineError('bad-file', `${file}: it becomes an image unlike the training images`, {
    found: doubts.join('; '),
    expected: 'a picture of one character that can be made like them',
    remedy: 'look at it with --show FILE.png, cut out the character, or leave out --strict',
  });
}

function transposed({ width, height, rgba, format }: Picture): Picture {
  const pixels = new Uint32Array(rgba.slice().buffer);
  const turned = pixels.map((_, i) => pixels[(i % height) * width + Math.floor(i / height)]!);
  return { width: height, height: width, rgba: new Uint8Array(turned.buffer), format };
}

function answersOf(
  given: readonly Given[],
  probabilities: Float64Array,
  { classNames }: RunNetwork,
): readonly Answer[] {
  const classes = classNames.length;
  return given.map(({ file, how, doubts }, i) => {
    const row = probabilities.subarray(i * classes, (i + 1) * classes);
    const best = argmax(row);
    const named = Object.fromEntries(classNames.map((each, j) => [each, row[j]!]));
    const answer = { file, class: classNames[best]!, index: best, probability: row[best]! };
    return { ...answer, probabilities: named, how, doubts };
  });
}

/** How many classes a row of the table has. */
const shownClasses = 3;

function tell(answers: readonly Answer[], { classNames }: RunNetwork, output: Output): void {
  const rows = answers.map((answer) => {
    output.event({ event: 'prediction', ...answer });
    const likeliest = Object.entries(answer.probabilities).toSorted((a, b) => b[1] - a[1]);
    const cells = likeliest.slice(0, shownClasses).map(([name, share]) => `${name} ${percent(share)}`);
    return [answer.file, ...cells, answer.doubts.length > 0 ? 'doubtful' : ''];
  });
  const heading = ['picture', 'class', 'or', 'or'].slice(0, 1 + Math.min(shownClasses, classNames.length));
  output.result(alignedTable([[...heading, ''], ...rows]));
  for (const { file, how, doubts } of answers)
    if (doubts.length > 0) output.info(`doubtful: ${file} (${how}): ${doubts.join('; ')}`);
}

function save(
  answers: readonly Answer[],
  given: readonly Given[],
  {
    show,
    csv,
    format,
    network,
    output,
  }: Settings<typeof options> & {
    readonly format: InputFormat;
    readonly network: RunNetwork;
    readonly output: Output;
  },
): void {
  const write = (path: string, content: string | Uint8Array, text: string): void => {
    replaceFile(path, content);
    output.event({ event: 'saved', path, bytes: content.length });
    output.info(`${path}: ${text}`);
  };
  if (csv !== undefined) write(csv, csvOf(answers, network.classNames), `${answers.length} pictures`);
  if (show === undefined) return;
  const pairs = given.map(({ picture, pixels }) => ({ picture, given: pixels }));
  const shown = given.length > mostShown ? `the first ${mostShown} of ` : '';
  write(show, encodePng(sheetOf(pairs, format)), `${shown}${given.length} pictures and their images`);
}

/** Tells what is wrong with each picture that was left out. @returns the exit code */
function tellFaults(faults: readonly EngineError[], { output, signal }: RunContext): number {
  const codes = faults.map((fault) => tellError(fault, output, signal));
  // One file that is missing is told as that; of several faults, that a part of the input was bad.
  return new Set(codes).size > 1 ? exitCodes['bad-file'] : (codes[0] ?? 0);
}
