/**
 * A checkpoint file: the state of a trial as safetensors.
 *
 * Tensors: parameters as float32 under the engine's names (`layer0.weight` [in, out], `layer0.bias` [out],
 * ...), both moments under the same names behind `first_moment.` and `second_moment.`; `history`, float64
 * [epochs, 5]: training loss and accuracy, validation loss and accuracy (NaN without validation), seconds;
 * within an epoch `step_metrics`, uint32: what its steps measured, in the GPU's words. The metadata says
 * whose state it is and where it stands; `data_sha256` is of all tensors, so that a damaged file is never
 * trained on.
 */
import { platform } from '../platform/index.js';
import { badFile } from '../base/bad-file.js';
import { EngineError } from '../base/errors.js';
import { fingerprintDifference, type Fingerprint } from '../gpu/fingerprint.js';
import { streams } from '../base/philox.js';
import type { InputFormat } from '../pictures/input-format.js';
import { encodeSafetensors, parseSafetensors, type SafetensorsFile } from '../formats/safetensors.js';
import { bytesOf, type Tensor, type Tensors } from '../formats/tensor.js';
import type { EpochRecord, NamedParameters, Score, Snapshot, TrialState } from '../train/types.js';
import { watchOf } from '../train/trial-run.js';
import { parseTrialFacts, type TrialFacts } from './checkpoint-facts.js';

/** Version of what a checkpoint holds; 1, parameters only, is no longer read. */
const format = '2';

const prefixes = { parameters: '', firstMoments: 'first_moment.', secondMoments: 'second_moment.' } as const;
const historyColumns = 5;

/** What a checkpoint says of the run that it comes from. */
export interface Facts {
  readonly experiment: number | string;
  readonly dataset: {
    readonly name: string;
    readonly sha256: string;
    readonly classNames?: readonly string[];
    readonly input?: InputFormat | null;
  };
  readonly adapter: string;
  readonly version: string;
  /** What the bits depend on beside; files of earlier versions have none. */
  readonly fingerprint?: Fingerprint | null | undefined;
  /** Adapters that took part before this one, under `--mixed`. */
  readonly mixed?: readonly string[];
}

export interface Checkpoint extends Snapshot {
  readonly path: string;
  readonly facts: TrialFacts;
  readonly history: readonly EpochRecord[];
  readonly epochSeconds: readonly number[];
  /** Words of the epoch under way; empty between epochs. */
  readonly metrics: Uint32Array;
  readonly metadata: SafetensorsFile['metadata'];
}

/** @param snapshot `last` or `best` of the state; what the state knows of later epochs is left out */
export function encodeCheckpoint(
  snapshot: Snapshot,
  state: TrialState,
  facts: Facts,
): Uint8Array<ArrayBuffer> {
  const tensors = tensorsOf(snapshot, state);
  return encodeSafetensors(
    tensors,
    new Map([...metadataOf(snapshot, state, facts), ['data_sha256', digest(tensors)]]),
  );
}

function tensorsOf(snapshot: Snapshot, state: TrialState): Tensors {
  const { epoch, step } = snapshot;
  const tensors = new Map<string, Tensor>();
  for (const kind of ['parameters', 'firstMoments', 'secondMoments'] as const)
    for (const [name, tensor] of snapshot[kind]) tensors.set(prefixes[kind] + name, tensor);
  const rows = state.history.slice(0, epoch).flatMap(({ train, validation }, i) => {
    const { loss, accuracy } = validation ?? { loss: NaN, accuracy: NaN };
    return [train.loss, train.accuracy, loss, accuracy, state.epochSeconds[i] ?? NaN];
  });
  tensors.set('history', { shape: [epoch, historyColumns], data: Float64Array.from(rows) });
  if (step > 0)
    tensors.set('step_metrics', { shape: [state.metrics.length], data: Uint32Array.from(state.metrics) });
  return tensors;
}

function metadataOf(snapshot: Snapshot, state: TrialState, facts: Facts): [string, string][] {
  const { epoch, step } = snapshot;
  const { variant, seed, config } = state.trial;
  const isLast = epoch === state.last.epoch && step === state.last.step;
  const steps = epoch * state.stepsPerEpoch + step;
  const configText = JSON.stringify(config);
  const random = {
    generator: 'philox4x32-10',
    key: seed,
    shuffle: { stream: streams.shuffle, epoch: epoch + 1 },
    dropout: { stream: streams.dropout, step: steps },
  };
  return [
    ['format', format],
    ['wgsl-train', facts.version],
    ['experiment', String(facts.experiment)],
    ['variant', variant],
    ['seed', String(seed)],
    ['epoch', String(epoch)],
    ['step', String(step)],
    ['steps_per_epoch', String(state.stepsPerEpoch)],
    ['optimizer_steps', String(steps)],
    ['random', JSON.stringify(random)],
    ['early_stopping', JSON.stringify(watchOf(state.history.slice(0, epoch)))],
    ['seconds', String(isLast ? state.seconds : (state.epochSeconds[epoch - 1] ?? 0))],
    ['stopped', (isLast ? state.stopped : null) ?? 'no'],
    ['config', configText],
    ['config_sha256', platform.sha256(configText)],
    ['dataset', JSON.stringify(facts.dataset)],
    ['adapter', facts.adapter],
    ['kernels', JSON.stringify(state.kernels)],
    ...optional('fingerprint', facts.fingerprint),
    ...optional('mixed', facts.mixed?.length === 0 ? null : facts.mixed),
  ];
}

function optional(name: string, value: unknown): [string, string][] {
  return value == null ? [] : [[name, JSON.stringify(value)]];
}

/** Reads a checkpoint, and trusts nothing in it. @param path for messages @throws EngineError `bad-file` */
export function parseCheckpoint(bytes: Uint8Array, path: string): Checkpoint {
  const wrong: Wrong = (what, found, expected) => badFile(path, what, { found, expected, remedy });
  const { tensors, metadata } = parseSafetensors(bytes, path);
  if (metadata.get('format') !== format)
    throw wrong('it is no checkpoint that this version reads', `format ${metadata.get('format')}`, format);
  const facts = parseTrialFacts(metadata, path);
  if (metadata.get('data_sha256') !== digest(tensors))
    throw wrong('its tensors are damaged', `sha256 ${digest(tensors)}`, String(metadata.get('data_sha256')));
  const parts = partsOf(tensors, wrong);
  const { history, epochSeconds } = parseHistory(tensors.get('history'), facts.epoch, wrong);
  const metrics = tensors.get('step_metrics')?.data ?? new Uint32Array();
  if (!(metrics instanceof Uint32Array) || (facts.step === 0) !== (metrics.length === 0))
    throw wrong(
      'its step_metrics do not fit',
      `${metrics.length} of ${metrics.constructor.name}`,
      `what ${facts.step} steps measured`,
    );
  const { epoch, step } = facts;
  return { path, epoch, step, ...parts, facts, history, epochSeconds, metrics, metadata };
}

type Parts = Pick<Snapshot, 'parameters' | 'firstMoments' | 'secondMoments'>;

function partsOf(tensors: Tensors, wrong: Wrong): Parts {
  const names = [...tensors.keys()].filter((name) => /^layer\d+\.(weight|bias)$/.test(name));
  const take = (prefix: string): NamedParameters =>
    new Map(
      names.map((name) => {
        const tensor = tensors.get(prefix + name);
        const { shape } = tensors.get(name)!;
        if (!(tensor?.data instanceof Float32Array) || tensor.shape.join() !== shape.join())
          throw wrong(`${prefix}${name} does not fit`, kindOf(tensor), `Float32Array [${shape.join(', ')}]`);
        return [name, { shape, data: tensor.data }];
      }),
    );
  const expected = Object.keys(prefixes).length * names.length;
  const others = [...tensors.keys()].filter((name) => !['history', 'step_metrics'].includes(name));
  if (names.length === 0 || others.length !== expected)
    throw wrong(
      'it holds other tensors than a checkpoint',
      `${others.length} beside its history`,
      `${expected}: parameters and both moments of each`,
    );
  return {
    parameters: take(prefixes.parameters),
    firstMoments: take(prefixes.firstMoments),
    secondMoments: take(prefixes.secondMoments),
  };
}

function parseHistory(
  tensor: Tensor | undefined,
  epochs: number,
  wrong: Wrong,
): Pick<Checkpoint, 'history' | 'epochSeconds'> {
  if (!(tensor?.data instanceof Float64Array) || tensor.shape.join() !== `${epochs},${historyColumns}`)
    throw wrong(
      'its history does not fit its epoch',
      kindOf(tensor),
      `Float64Array [${epochs}, ${historyColumns}]`,
    );
  const rows = Array.from({ length: epochs }, (_, i) => [
    ...tensor.data.subarray(i * historyColumns, (i + 1) * historyColumns),
  ]) as number[][];
  const history = rows.map(([trainLoss, trainAccuracy, valLoss, valAccuracy], i): EpochRecord => {
    const validation = scoreOf(valLoss!, valAccuracy!);
    const train = scoreOf(trainLoss!, trainAccuracy!);
    if (train === null || (validation === null && !(Number.isNaN(valLoss) && Number.isNaN(valAccuracy))))
      throw wrong(`epoch ${i + 1} of its history is wrong`, rows[i]!.join(', '), 'losses and accuracies');
    return { epoch: i + 1, train, validation };
  });
  const seconds = rows.map((row) => row.at(-1)!);
  // Epochs that were taken over from another run have no times.
  return { history, epochSeconds: seconds.some(Number.isNaN) ? [] : seconds };
}

function kindOf(tensor: Tensor | undefined): string {
  if (tensor === undefined) return 'nothing';
  return `${tensor.data.constructor.name} [${tensor.shape.join(', ')}]`;
}

function scoreOf(loss: number, accuracy: number): Score | null {
  return Number.isFinite(loss) && accuracy >= 0 && accuracy <= 1 ? { loss, accuracy } : null;
}

/** Of every tensor's name and bytes, in the order of the names. */
function digest(tensors: Tensors): string {
  const parts = [...tensors.keys()].sort().flatMap((name) => {
    const { shape, data } = tensors.get(name)!;
    return [JSON.stringify([name, data.constructor.name, shape]), bytesOf(data)];
  });
  return platform.sha256(...parts);
}

const remedy = 'bring it back from a copy, name a run of this version of wgsl-train, or train again';

type Wrong = (what: string, found: string, expected: string) => Error;

/**
 * Refuses to resume where the bits would differ.
 * @param mixed whether another adapter may resume it @param howToMix how that is allowed
 * @returns whether another adapter resumes it
 * @throws EngineError naming what differs: `usage`; `other-adapter` where another machine could resume it
 */
export function requireSameFacts(
  found: TrialFacts,
  facts: Facts,
  directory: string,
  mixed = false,
  howToMix = 'add --mixed',
): boolean {
  const textOf = ({ name, sha256 }: TrialFacts['dataset']): string => `${name}, sha256 ${sha256}`;
  const pairs = [
    ['data set', found.dataset.sha256 === facts.dataset.sha256, textOf(found.dataset), textOf(facts.dataset)],
    ['version of wgsl-train', found.version === facts.version, found.version, facts.version],
  ] as const;
  for (const [what, isSame, before, now] of pairs) {
    if (isSame) continue;
    throw new EngineError('usage', `${directory} cannot be continued: the ${what} is another one`, {
      found: now,
      expected: before,
      remedy: 'continue it where it began, or train anew: other bits would come out',
    });
  }
  const difference = adapterDifference(found, facts);
  if (difference === null || mixed) return difference !== null;
  throw new EngineError(
    'other-adapter',
    `${directory} cannot be continued here: the adapter is another one`,
    {
      found: difference[1],
      expected: difference[0],
      remedy:
        `continue it where it began; or ${howToMix} to resume it here: other bits come out, ` +
        'and the record says so',
    },
  );
}

/** As `fingerprintDifference`; of files without a fingerprint only the adapter's description is known. */
function adapterDifference(found: TrialFacts, facts: Facts): [before: string, after: string] | null {
  if (found.adapter !== facts.adapter) return [found.adapter, facts.adapter];
  if (found.fingerprint == null || facts.fingerprint == null) return null;
  return fingerprintDifference(found.fingerprint, facts.fingerprint);
}

/** An adapter, and what else the bits depend on, in one line. */
export function adapterText({ adapter, fingerprint }: Pick<Facts, 'adapter' | 'fingerprint'>): string {
  const details = Object.entries(fingerprint ?? {}).map(([name, value]) => `${name} ${value}`);
  return [adapter, ...details].join('; ');
}
