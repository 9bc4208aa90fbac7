import type { Graph, Session } from '../graph/index.js';
import { initialParameters, packParameters } from '../model/index.js';
import type { NamedParameters, Snapshot } from './types.js';

/** The state after the last step, or that after the epoch whose weights are the result so far. */
export type From = 'last' | 'kept';

/** Of the last epoch, where that is not the kept one: parameters only, and only where somebody may ask. */
const lastEpoch = 'parameters of the last epoch';

/** Arenas that are the state of a network, in this order wherever they come in threes. */
const arenas = ['parameters', 'first_moments', 'second_moments'] as const;

type Arena = (typeof arenas)[number];

const nameOf = (arena: Arena, from: From): string => (from === 'last' ? arena : `kept ${arena}`);

/** One trial's slices of the three arenas. */
export type Slices = readonly [
  Float32Array<ArrayBuffer>,
  Float32Array<ArrayBuffer>,
  Float32Array<ArrayBuffer>,
];

/** Parameters and moments on the GPU, a slice per trial, with a second copy for the kept epochs. */
export class TrialStates {
  /** @param session has the arenas already @param graph of the training step */
  constructor(
    private readonly session: Session,
    private readonly graph: Graph,
  ) {
    for (const arena of arenas) session.make(nameOf(arena, 'kept'), session.buffer(arena).size);
  }

  /** Records that the state of these trials is kept. */
  encodeKeep(encoder: GPUCommandEncoder, trials: readonly number[]): void {
    for (const arena of arenas) this.encodeCopy(encoder, arena, 'last', trials);
  }

  /** Records that the parameters of these trials are kept beside their kept state. */
  encodeKeepEpoch(encoder: GPUCommandEncoder, trials: readonly number[]): void {
    if (!this.session.buffers.has(lastEpoch))
      this.session.make(lastEpoch, this.session.buffer('parameters').size);
    for (const index of trials) this.copySlice(encoder, ['parameters', lastEpoch], index);
  }

  /** Records that the kept parameters of these trials replace the last ones; moments stay as they are. */
  encodeRestoreParameters(encoder: GPUCommandEncoder, trials: readonly number[]): void {
    this.encodeCopy(encoder, 'parameters', 'kept', trials);
  }

  private encodeCopy(encoder: GPUCommandEncoder, arena: Arena, from: From, trials: readonly number[]): void {
    const target = nameOf(arena, from === 'last' ? 'kept' : 'last');
    for (const index of trials) this.copySlice(encoder, [nameOf(arena, from), target], index);
  }

  private copySlice(encoder: GPUCommandEncoder, [from, to]: readonly [string, string], index: number): void {
    const { buffer, offset, bytes } = this.session.slice(from, index);
    encoder.copyBufferToBuffer(buffer, offset, this.session.buffer(to), offset, bytes);
  }

  writeInitial(index: number, seed: number): void {
    const parameters = initialParameters(this.graph, seed);
    const zeros = new Float32Array(parameters.length);
    this.write('last', index, [parameters, zeros, zeros]);
  }

  writeSnapshot(to: From, index: number, snapshot: Snapshot): void {
    const pack = (values: NamedParameters): Float32Array<ArrayBuffer> =>
      packParameters(this.graph, new Map([...values].map(([name, { data }]) => [name, data])));
    const { parameters, firstMoments, secondMoments } = snapshot;
    this.write(to, index, [pack(parameters), pack(firstMoments), pack(secondMoments)]);
  }

  write(to: From, index: number, slices: Slices): void {
    slices.forEach((values, i) => {
      this.session.write(nameOf(arenas[i]!, to), values, index);
    });
  }

  async read(index: number, from: From): Promise<Slices> {
    const slice = async (arena: Arena): Promise<Float32Array<ArrayBuffer>> =>
      new Float32Array(await this.session.read(nameOf(arena, from), index));
    return [await slice('parameters'), await slice('first_moments'), await slice('second_moments')];
  }

  /** @param from `epoch`: what `encodeKeepEpoch` kept */
  async readParameters(index: number, from: From | 'epoch' = 'last'): Promise<Float32Array<ArrayBuffer>> {
    const name = from === 'epoch' ? lastEpoch : nameOf('parameters', from);
    return new Float32Array(await this.session.read(name, index));
  }
}
