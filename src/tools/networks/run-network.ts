/** One trained network out of a run, as export.js, predict.js and evaluate.js take it. */
import { createHash } from 'node:crypto';
import { EngineError } from '../../base/errors.js';
import type { RunRecord, Summary } from '../../experiments/index.js';
import { denseLayers, type DenseLayer } from '../../formats/dense.js';
import { openRun, readCheckpoint, type Checkpoint, type FinishedRun, type Which } from '../../runs/index.js';
import type { TrainConfig } from '../../train/types.js';
import { suggest } from '../../base/suggest.js';

/** Which network of a run; the run is not read yet. */
export interface NetworkChoice {
  readonly variant?: string | undefined;
  readonly seed?: number | undefined;
  readonly which: Which;
}

/** A network of a run. */
export interface RunNetwork {
  readonly run: FinishedRun;
  readonly variant: string;
  readonly config: TrainConfig;
  readonly which: Which;
  /** What the summary says of this variant and seed. */
  readonly record: RunRecord;
  readonly checkpoint: Checkpoint;
  readonly layers: readonly DenseLayer[];
  /** Pixels per image. */
  readonly inputs: number;
  readonly classNames: readonly string[];
  readonly weightsSha256: string;
  /** Whether these are the weights that the record's test figures were measured with. */
  readonly isMeasured: boolean;
}

/**
 * Reads a network and makes sure that it is the one of the summary.
 * @param run its directory, or `latest`
 * @throws EngineError `usage` (no such variant or seed), `no-data`, or `bad-file`: damaged, or not the
 *   weights of the summary
 */
export function readNetwork(runName: string, choice: NetworkChoice): RunNetwork {
  const run = openRun(runName);
  const { variant, config, record } = find(run, choice);
  const { which } = choice;
  const checkpoint = readCheckpoint(run.directory, { variant, seed: record.seed, which });
  const layers = denseLayers(checkpoint.parameters, checkpoint.path);
  const weightsSha256 = hashOf(layers);
  const isMeasured = weightsSha256 === record.weightsSha256;
  if (which === 'best' && !isMeasured)
    throw new EngineError('bad-file', `${checkpoint.path} does not hold the weights of the summary`, {
      found: `sha256 ${weightsSha256}`,
      expected: `${record.weightsSha256}, weightsSha256 of seed ${record.seed}`,
      remedy: 'bring the files of the run back from a copy, or train again',
    });
  const { classNames } = run.summary.selected;
  const classes = layers.at(-1)!.outputs;
  if (classNames.length !== classes)
    throw new EngineError('bad-file', `${checkpoint.path} does not fit the summary of its run`, {
      found: `a network of ${classes} classes`,
      expected: `${classNames.length}: ${classNames.join(' ')}`,
      remedy: 'bring the files of the run back from a copy, or train again',
    });
  const { inputs } = layers[0]!;
  const weights = { checkpoint, layers, inputs, weightsSha256, isMeasured };
  return { run, variant, config, which, record, classNames, ...weights };
}

type VariantRecord = Summary['variants'][number];

function find(
  { summary, directory }: FinishedRun,
  choice: NetworkChoice,
): { readonly variant: string; readonly config: TrainConfig; readonly record: RunRecord } {
  const variants: readonly VariantRecord[] = [...summary.variants, ...summary.comparisons];
  const wanted = choice.variant ?? summary.selected.variant;
  const found = variants.find((each) => each.name === wanted);
  const known = summary.diverged.find(
    (each) => each.variant === wanted && (choice.seed === undefined || each.seed === choice.seed),
  );
  if (found === undefined) {
    if (known !== undefined) throw hasDiverged(directory, known);
    const names = variants.map((each) => each.name);
    throw absent(directory, `variant ${wanted}`, names, suggest(wanted, names), '--variant');
  }
  const seed = choice.seed ?? summary.selected.seed;
  const record = found.runs.find((each) => each.seed === seed);
  if (record === undefined) {
    if (known !== undefined) throw hasDiverged(directory, known);
    const seeds = found.runs.map((each) => String(each.seed));
    throw absent(directory, `seed ${seed} of ${found.name}`, seeds, undefined, '--seed');
  }
  return { variant: found.name, config: found.config, record };
}

/** Its last sound weights may lie beside the others, but nothing was measured with them. */
function hasDiverged(
  directory: string,
  { variant, seed, message }: Summary['diverged'][number],
): EngineError {
  return new EngineError('usage', `${variant}, seed ${seed}, has no results: its training diverged`, {
    found: message,
    expected: `a training of ${directory} that came to its end`,
    remedy: 'name another with --variant and --seed, or train again with other settings',
  });
}

function absent(
  directory: string,
  what: string,
  known: readonly string[],
  meant: string | undefined,
  flag: string,
): EngineError {
  return new EngineError('usage', `the run in ${directory} has no ${what}`, {
    expected: `one of ${known.join(', ')}`,
    remedy: meant === undefined ? `name one of them with ${flag}` : `did you mean ${flag} ${meant}?`,
  });
}

/** sha256 over all parameters in order, as summary.json has it. */
function hashOf(layers: readonly DenseLayer[]): string {
  const hash = createHash('sha256');
  for (const { weights, bias } of layers) hash.update(weights).update(bias);
  return hash.digest('hex');
}

/** `batch-size=32, seed 0, epoch 11 (best)`. */
export function networkText({ variant, record, checkpoint, which }: RunNetwork): string {
  return `${variant}, seed ${record.seed}, epoch ${checkpoint.epoch} (${which})`;
}

/** What events say of the network. */
export function networkFacts(network: RunNetwork): Readonly<Record<string, unknown>> {
  const { run, variant, record, which, checkpoint, layers, weightsSha256 } = network;
  return {
    run: run.directory,
    experiment: run.summary.experiment,
    variant,
    seed: record.seed,
    which,
    epoch: checkpoint.epoch,
    checkpoint: checkpoint.path,
    widths: [network.inputs, ...layers.map(({ outputs }) => outputs)],
    weightsSha256,
  };
}
