/** The check of parameters and moments for NaN and infinities, on the GPU: where its flags lie, and what they say. */
import type { Graph, Parameter } from '../graph/index.js';
import { elements, padded } from '../kernels/index.js';

/** The arenas that are checked, as ops of the check graph and everywhere else where they come in threes. */
const arenas = ['value', 'firstMoment', 'secondMoment'] as const;

/** Where a trial's slice of an arena first holds a NaN or an infinity. */
export interface Place {
  readonly arena: (typeof arenas)[number];
  /** Of the slice. */
  readonly element: number;
}

/** What a check found in each trial, in the order of the arenas; nothing where every number is finite. */
export type Places = readonly (readonly Place[])[];

/** A tensor with the place in it of its first element that is not finite. */
export interface TensorPlace {
  readonly tensor: string;
  /** Row and column. */
  readonly element: readonly [number, number];
}

/** The parameter or moment that a place lies in. */
export function tensorAt(parameters: readonly Parameter[], { arena, element }: Place): TensorPlace {
  const tensors = parameters.map((parameter) => parameter[arena]);
  // A place between two tensors, which no kernel writes, counts as the former's.
  const tensor = tensors.findLast(({ view }) => view!.offset <= element)!;
  const within = element - tensor.view!.offset;
  const stride = padded(tensor.columns);
  return { tensor: tensor.name, element: [Math.floor(within / stride), within % stride] };
}

/** Flags are one word per trial, padded to four. */
const flagWords = 4;

/** The flags of a group's trials: of the check that ran last, and of the one at the start of the epoch. */
export class CheckFlags {
  private readonly latest: readonly GPUBuffer[];
  private readonly atStart: GPUBuffer;
  /** Bytes of the flags of one arena. */
  private readonly bytes: number;
  private readonly names: readonly string[];
  /** Elements of a trial's slice. */
  private readonly length: number;

  /** @param graph of the check: one op per arena */
  constructor(
    graph: Graph,
    private readonly trials: number,
    make: (label: string, bytes: number) => GPUBuffer,
  ) {
    this.bytes = 4 * flagWords * trials;
    this.names = graph.ops.map(({ updates }) => updates.flags!.name);
    this.latest = this.names.map((name) => make(name, this.bytes));
    this.atStart = make('flags at the start of the epoch', arenas.length * this.bytes);
    this.length = elements(graph.arenas!.parameters);
  }

  /** The buffers of the check's program, by their names in its graph. */
  named(): [string, GPUBuffer][] {
    return this.names.map((name, i) => [name, this.latest[i]!]);
  }

  /** Records what a check begins with. */
  encodeClear(encoder: GPUCommandEncoder): void {
    for (const flags of this.latest) encoder.clearBuffer(flags);
  }

  /** Records that the latest flags are kept as those of the start of the epoch. */
  encodeKeep(encoder: GPUCommandEncoder): void {
    this.latest.forEach((flags, arena) => {
      encoder.copyBufferToBuffer(flags, 0, this.atStart, arena * this.bytes, this.bytes);
    });
  }

  /** What is read back, as `read` takes it. */
  buffers(): readonly GPUBuffer[] {
    return [...this.latest, this.atStart];
  }

  /** @param parts the contents of `buffers()` */
  read(parts: readonly ArrayBuffer[]): { readonly latest: Places; readonly atStart: Places } {
    const latest = parts.slice(0, arenas.length).map((part) => new Uint32Array(part));
    const words = new Uint32Array(parts[arenas.length]!);
    const share = this.bytes / 4;
    const atStart = arenas.map((_, arena) => words.subarray(arena * share, (arena + 1) * share));
    return { latest: this.places(latest), atStart: this.places(atStart) };
  }

  /** A flag says how many elements there are from the first bad one to the end. */
  private places(flags: readonly Uint32Array[]): Places {
    return Array.from({ length: this.trials }, (_, trial) =>
      arenas.flatMap((arena, i): Place[] => {
        const flag = flags[i]![flagWords * trial]!;
        return flag === 0 ? [] : [{ arena, element: this.length - flag }];
      }),
    );
  }
}
