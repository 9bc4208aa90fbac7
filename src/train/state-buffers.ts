import { readBuffer, write, type Gpu } from '../gpu/index.js';
import { elements } from '../kernels/index.js';
import type { Graph } from '../graph/index.js';
import { initialParameters, packParameters } from '../model/index.js';
import type { Snapshot } from './state.js';
import type { NamedParameters } from './types.js';

/** The state after the last step, or that after the epoch whose weights are the result so far. */
export type From = 'last' | 'kept';

/** Arenas that are the state of a network, in this order wherever they come in threes. */
const arenaNames = ['parameters', 'first_moments', 'second_moments'] as const;

/** One trial's slices of the three arenas. */
export type Slices = readonly [
  Float32Array<ArrayBuffer>,
  Float32Array<ArrayBuffer>,
  Float32Array<ArrayBuffer>,
];

/** Parameters and moments of a group's trials on the GPU, each trial a slice, and a second copy of them for the kept epochs. */
export class StateBuffers {
  private readonly last: readonly GPUBuffer[];
  private readonly kept: readonly GPUBuffer[];
  /** Bytes of a slice. */
  private readonly slice: number;

  /** @param graph of the training step */
  constructor(
    private readonly gpu: Gpu,
    private readonly graph: Graph,
    trials: number,
    make: (label: string, bytes: number) => GPUBuffer,
  ) {
    this.slice = 4 * elements(graph.arenas!.parameters);
    const arenas = (prefix: string): GPUBuffer[] =>
      arenaNames.map((name) => make(`${prefix}${name.replace('_', ' ')}`, trials * this.slice));
    this.last = arenas('');
    this.kept = arenas('kept ');
  }

  /** The buffers that programs work on, by the names that the graph has for them. */
  named(): [string, GPUBuffer][] {
    return arenaNames.map((name, i) => [name, this.last[i]!]);
  }

  /** Records that the state of these trials is kept. */
  encodeKeep(encoder: GPUCommandEncoder, trials: readonly number[]): void {
    this.last.forEach((_, arena) => {
      this.encodeCopy(encoder, this.last[arena]!, this.kept[arena]!, trials);
    });
  }

  /** Records that the kept parameters of these trials take the place of the last ones; moments stay as they are. */
  encodeRestoreParameters(encoder: GPUCommandEncoder, trials: readonly number[]): void {
    this.encodeCopy(encoder, this.kept[0]!, this.last[0]!, trials);
  }

  private encodeCopy(
    encoder: GPUCommandEncoder,
    source: GPUBuffer,
    target: GPUBuffer,
    trials: readonly number[],
  ): void {
    const { slice } = this;
    for (const index of trials)
      encoder.copyBufferToBuffer(source, index * slice, target, index * slice, slice);
  }

  /** Draws a trial's initial weights, with moments of 0. */
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

  /** Puts a trial's slices on the GPU. */
  write(to: From, index: number, slices: Slices): void {
    slices.forEach((values, arena) => {
      write(this.gpu, this[to][arena]!, values, index * this.slice);
    });
  }

  async read(index: number, from: From): Promise<Slices> {
    const arena = (i: number): Promise<Float32Array<ArrayBuffer>> => this.readArena(this[from][i]!, index);
    return [await arena(0), await arena(1), await arena(2)];
  }

  readParameters(index: number, from: From = 'last'): Promise<Float32Array<ArrayBuffer>> {
    return this.readArena(this[from][0]!, index);
  }

  private async readArena(buffer: GPUBuffer, index: number): Promise<Float32Array<ArrayBuffer>> {
    return new Float32Array(await readBuffer(this.gpu, buffer, index * this.slice, this.slice));
  }
}
