/** One trained network out of a run, as export.js, predict.js and evaluate.js take it. */
import { EngineError } from '../../base/errors.js';
import { suggest } from '../../base/suggest.js';
import type { RunRecord } from '../../experiments/index.js';
import { denseLayers, type DenseLayer } from '../../formats/dense.js';
import { platform } from '../../platform/index.js';
import { openRun, readCheckpoint, type Checkpoint, type FinishedRun, type Which } from '../../runs/index.js';
import type { TrainConfig } from '../../train/types.js';

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
  const damaged = (what: string, found: string, expected: string): EngineError => {
    const remedy = 'bring the files of the run back from a copy, or train again';
    return new EngineError('bad-file', `${checkpoint.path} does not ${what}`, { found, expected, remedy });
  };
  // All parameters in order, as summary.json has it.
  const weightsSha256 = platform.sha256(...layers.flatMap(({ weights, bias }) => [weights, bias]));
  const isMeasured = weightsSha256 === record.weightsSha256;
  if (which === 'best' && !isMeasured) {
    const expected = `${record.weightsSha256}, weightsSha256 of seed ${record.seed}`;
    throw damaged('hold the weights of the summary', `sha256 ${weightsSha256}`, expected);
  }
  const { classNames } = run.summary.selected;
  const classes = layers.at(-1)!.outputs;
  if (classNames.length !== classes) {
    const expected = `${classNames.length}: ${classNames.join(' ')}`;
    throw damaged('fit the summary of its run', `a network of ${classes} classes`, expected);
  }
  const { inputs } = layers[0]!;
  const weights = { checkpoint, layers, inputs, weightsSha256, isMeasured };
  return { run, variant, config, which, record, classNames, ...weights };
}

/** @throws EngineError `usage` if there is none */
function find(
  { summary, directory }: FinishedRun,
  choice: NetworkChoice,
): { readonly variant: string; readonly config: TrainConfig; readonly record: RunRecord } {
  const variants = [...summary.variants, ...summary.comparisons];
  const variant = choice.variant ?? summary.selected.variant;
  const seed = choice.seed ?? summary.selected.seed;
  const found = variants.find(({ name }) => name === variant);
  const record = found?.runs.find((run) => run.seed === seed);
  if (found !== undefined && record !== undefined) return { variant, config: found.config, record };
  const diverged = summary.diverged.find(
    (each) => each.variant === variant && (choice.seed === undefined || each.seed === choice.seed),
  );
  // Its last sound weights may lie beside the others, but nothing was measured with them.
  if (diverged !== undefined)
    throw new EngineError(
      'usage',
      `${variant}, seed ${diverged.seed}, has no results: its training diverged`,
      {
        found: diverged.message,
        expected: `a training of ${directory} that came to its end`,
        remedy: 'name another with --variant and --seed, or train again with other settings',
      },
    );
  const [what, flag] =
    found === undefined ? [`variant ${variant}`, '--variant'] : [`seed ${seed} of ${variant}`, '--seed'];
  const known = found?.runs.map((run) => String(run.seed)) ?? variants.map(({ name }) => name);
  const meant = found === undefined ? suggest(variant, known) : undefined;
  throw new EngineError('usage', `the run in ${directory} has no ${what}`, {
    expected: `one of ${known.join(', ')}`,
    remedy: meant === undefined ? `name one of them with ${flag}` : `did you mean ${flag} ${meant}?`,
  });
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
