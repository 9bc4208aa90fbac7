/** The check of parameters and moments for NaN and infinities, on the GPU: its flags, and what they say. */
import type { Graph, Parameter, Session } from '../graph/index.js';
import { elements, padded } from '../kernels/index.js';

/** The arenas that are checked, as ops of the check graph and everywhere else where they come in threes. */
const arenas = ['value', 'firstMoment', 'secondMoment'] as const;

/** Where a trial's slice of an arena first holds a NaN or an infinity. */
export interface Place {
  readonly arena: (typeof arenas)[number];
  readonly element: number;
}

/** What a check found in each trial, in the order of the arenas; nothing where every number is finite. */
export type Places = readonly (readonly Place[])[];

/** A tensor with the place in it of its first element that is not finite. */
export interface TensorPlace {
  readonly tensor: string;
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
  private readonly latest: readonly string[];
  private readonly atStart: readonly string[];
  /** Elements of a trial's slice of an arena. */
  private readonly length: number;

  /** @param session has the flags already @param graph of the check: one op per arena */
  constructor(
    private readonly session: Session,
    graph: Graph,
    private readonly trials: number,
  ) {
    this.latest = graph.ops.map(({ updates }) => updates.flags!.name);
    this.atStart = this.latest.map((name) => `${name} at the start of the epoch`);
    for (const name of this.atStart) session.make(name, 4 * flagWords * trials);
    this.length = elements(graph.arenas!.parameters);
  }

  encodeClear(encoder: GPUCommandEncoder): void {
    for (const name of this.latest) encoder.clearBuffer(this.session.buffer(name));
  }

  /** Records that the latest flags are kept as those of the start of the epoch. */
  encodeKeep(encoder: GPUCommandEncoder): void {
    this.latest.forEach((name, arena) => {
      const [from, to] = [name, this.atStart[arena]!].map((each) => this.session.buffer(each));
      encoder.copyBufferToBuffer(from!, 0, to!, 0, from!.size);
    });
  }

  /** The buffers that are to be read back, as `places` takes them. */
  get names(): readonly string[] {
    return [...this.latest, ...this.atStart];
  }

  /** @param parts the contents of the buffers in `names` */
  places(parts: readonly ArrayBuffer[]): { readonly nonfinite: Places; readonly nonfiniteAtStart: Places } {
    const flags = parts.map((part) => new Uint32Array(part));
    return {
      nonfinite: this.placesOf(flags.slice(0, arenas.length)),
      nonfiniteAtStart: this.placesOf(flags.slice(arenas.length)),
    };
  }

  /** A flag says how many elements there are from the first bad one to the end. */
  private placesOf(flags: readonly Uint32Array[]): Places {
    return Array.from({ length: this.trials }, (_, trial) =>
      arenas.flatMap((arena, i): Place[] => {
        const flag = flags[i]![flagWords * trial]!;
        return flag === 0 ? [] : [{ arena, element: this.length - flag }];
      }),
    );
  }
}

/** The first element that is NaN or infinite, by the bits of its exponent; -1 if none is. */
export function firstNonfinite(values: Float32Array): number {
  const words = new Uint32Array(values.buffer, values.byteOffset, values.length);
  return words.findIndex((word) => (word & 0x7f80_0000) === 0x7f80_0000);
}
