/** scripts/evaluate.js: measures a network of a run again, and says whether the figures of the run hold. */
import type { Dataset } from '../../data/dataset.js';
import { parseDataSpec } from '../../data/spec.js';
import { EngineError, exitCodes } from '../../base/errors.js';
import { parseWords, type OptionSpec } from '../arguments.js';
import { exitCodeOf, interrupted, type CommandContext } from '../command.js';
import { confusedPairs } from '../confusion.js';
import { evaluationText } from '../evaluation-text.js';
import { compare, lossBound, measure, partsOf, type Comparison } from '../evaluation.js';
import { helpText } from '../help.js';
import { dataProgress } from '../live.js';
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
import { oneRun } from '../run-word.js';
import { name } from '../values.js';

const helpCommand = 'node scripts/evaluate.js --help';

export const evaluateOptions: readonly OptionSpec[] = [
  ...networkOptions,
  {
    flag: '--data',
    value: 'kmnist|synthetic[:TRAIN[/TEST]]|DIR',
    help: 'the images (default: those that the run was trained on); on others nothing is compared',
  },
  { flag: '--adapter', value: 'NAME', help: "part of the adapter's name, where there are several" },
  { flag: '--json', value: null, help: 'one JSON object per line on stdout; text for people goes to stderr' },
  { flag: '--quiet', value: null, help: 'the table and the verdict only' },
  { flag: '--help', value: null, help: 'this text' },
];

interface EvaluateSettings {
  readonly run: string;
  readonly choice: NetworkChoice;
  readonly data: string | undefined;
  readonly adapter: string | undefined;
}

/** @returns the exit code, 1 if the figures do not agree with those of the run; never throws */
export function evaluateCommand(argv: readonly string[], context: CommandContext): Promise<number> {
  const { stdout, stderr, signal } = context;
  const output = commandOutput(argv, { stdout, stderr });
  return exitCodeOf(output, signal, async () => {
    const { values, words } = parseWords(evaluateOptions, argv, helpCommand);
    if (values.has('--help')) {
      output.result(helpText('node scripts/evaluate.js RUN [options]', evaluateOptions));
      output.result('\nThe exit code is also 1 if the figures do not agree with those of the run.');
      return 0;
    }
    const adapter = values.get('--adapter');
    const data = values.get('--data');
    if (data !== undefined) parseDataSpec(data);
    const settings: EvaluateSettings = {
      run: oneRun(words, helpCommand),
      choice: networkChoice(values),
      data,
      adapter: adapter === undefined ? undefined : name('--adapter', adapter),
    };
    const comparison = await evaluate(settings, context, output);
    return comparison.agrees === false ? exitCodes.bug : 0;
  });
}

async function evaluate(
  { run, choice, data, adapter }: EvaluateSettings,
  { loadEngine, signal }: CommandContext,
  output: Output,
): Promise<Comparison> {
  const network = readNetwork(run, choice);
  const engine = await loadEngine();
  const session = await engine.open(adapter === undefined ? {} : { adapter });
  try {
    const spec = data ?? network.run.summary.dataset.name;
    const dataset = await engine.resolveDataset(spec, { signal, ...dataProgress(output) });
    output.clear();
    if (signal.aborted) throw interrupted();
    const isSame = requireFit(dataset, network, data !== undefined);
    const { description, software } = session.adapter;
    output.info(`network: ${networkText(network)}, of ${network.run.directory}`);
    output.info(`data:    ${dataset.name}`);
    output.info(`adapter: ${description}${software ? ' (a software adapter)' : ''}\n`);

    const parts = partsOf(dataset, isSame ? network : null);
    const measured = [];
    for (const part of parts) {
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
  } finally {
    session.close();
  }
}

/**
 * @param isNamed whether the data was named, and may be other data than the run's
 * @returns whether it is the data of the run
 * @throws EngineError `usage` if the network cannot take the images, or the data of the run has become another
 */
function requireFit(dataset: Dataset, network: RunNetwork, isNamed: boolean): boolean {
  const { name: recorded, sha256 } = network.run.summary.dataset;
  const { rows, columns, classes } = dataset;
  if (rows * columns !== network.inputs || classes !== network.classNames.length)
    throw new EngineError('usage', `the network does not fit the images of ${dataset.name}`, {
      found: `images of ${rows}x${columns}, ${classes} classes`,
      expected: `${network.inputs} pixels, ${network.classNames.length} classes`,
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
