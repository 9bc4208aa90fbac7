import { EngineError } from '../base/errors.js';
import { Readback, readRanges, storageBuffer, write, type BufferRange, type Gpu } from '../gpu/index.js';
import {
  packDropout,
  packSteps,
  packTrials,
  stepStride,
  type StepRecord,
  type TrialRecord,
} from '../kernels/index.js';
import type { Plan } from './plan.js';
import { createProgram, createTables, type Program, type Tables } from './program.js';

export interface SessionOptions {
  /** Records that the step table has room for; 1 if left out. */
  readonly steps?: number;
  /** Trials that the plans have: each has an equal slice of a buffer that is not shared; 1 if left out. */
  readonly trials?: number;
  /** Buffers of the caller, by the names that plans have for them. They are not released with the session. */
  readonly given?: Iterable<readonly [string, GPUBuffer]>;
}

/** The first step, with a batch of one sample. */
export const firstStep: StepRecord = { number: 0, slot: 0, offset: 0, rows: 1 };

/** A trial without dropout and weight decay. */
export const plainTrial: TrialRecord = {
  index: 0,
  seed: 0,
  dropout: 0,
  learningRate: 1e-3,
  weightDecay: 0,
  decay: 'decoupled',
  labelSmoothing: 0,
  clipNorm: null,
  momentum: 0,
};

/**
 * Programs with everything of theirs on the GPU: the buffers that outlive a step, by name, and the tables of
 * steps and trials. Programs that have the same name for a buffer share it.
 *
 * `createSession` makes one that is kept, `withSession` one for as long as a function runs; either leaves
 * nothing on the GPU when it throws. Then: `program` for each plan, `write` data and the two tables,
 * `replay`, `read`.
 */
export class Session {
  /** Every buffer that has a name: given, made by `make`, or made for a plan. */
  readonly buffers: Map<string, GPUBuffer>;
  private readonly owned: (GPUBuffer | { readonly release: () => void })[] = [];
  private readonly tables: Tables;
  private readonly trials: number;

  /** Use `createSession` or `withSession`. */
  constructor(
    readonly gpu: Gpu,
    { steps = 1, trials = 1, given = [] }: SessionOptions,
  ) {
    this.buffers = new Map(given);
    this.trials = trials;
    this.tables = createTables(gpu, steps);
    for (const table of [this.tables.steps, this.tables.trials, this.tables.dropout]) this.own(table);
  }

  /** Takes over what is to be released with the session, such as a timer. */
  own<T extends GPUBuffer | { readonly release: () => void }>(thing: T): T {
    this.owned.push(thing);
    return thing;
  }

  /** @throws EngineError `bug` if there is no buffer of this name */
  buffer(name: string): GPUBuffer {
    const buffer = this.buffers.get(name);
    if (buffer === undefined) throw new EngineError('bug', `the session has no buffer "${name}"`);
    return buffer;
  }

  /** Makes a storage buffer of zeros. Programs made after it work on it where their plans have this name. */
  make(name: string, bytes: number): GPUBuffer {
    if (this.buffers.has(name)) throw new EngineError('bug', `the session has a buffer "${name}" already`);
    const buffer = this.own(storageBuffer(this.gpu, name, bytes));
    this.buffers.set(name, buffer);
    return buffer;
  }

  /**
   * The buffers of a plan that outlive its step, by their names in the plan. Those that are not there yet are
   * made, as large as the plan has them.
   * @param names their names in this session where those differ, because two plans mean two things by one
   *   name: `{ indices: 'training indices' }`
   * @throws EngineError `bug` if one that is there is too small, or the first error of the GPU
   */
  buffersOf(plan: Plan, names: Readonly<Record<string, string>> = {}): ReadonlyMap<string, GPUBuffer> {
    const outliving = plan.buffers.filter(({ storage }) => storage !== 'transient');
    return new Map(
      outliving.map(({ name, bytes }) => {
        const own = names[name] ?? name;
        const buffer = this.buffers.get(own) ?? this.make(own, bytes);
        if (buffer.size < bytes)
          throw new EngineError(
            'bug',
            `buffer "${own}" of the session is too small for "${name}" of the plan`,
            {
              found: `${buffer.size} bytes`,
              expected: `${bytes} bytes`,
            },
          );
        return [name, buffer];
      }),
    );
  }

  /**
   * Compiles a plan, on the buffers that `buffersOf` gives for it. Several may be compiled at once: await
   * them with `allSettled`, so that none is under way any more when one has failed.
   * @throws EngineError as `buffersOf`, or if a kernel does not compile
   */
  async program(plan: Plan, names?: Readonly<Record<string, string>>): Promise<Program> {
    const { gpu, tables } = this;
    const own = (buffer: GPUBuffer): GPUBuffer => this.own(buffer);
    return createProgram(plan, { gpu, tables, given: this.buffersOf(plan, names), own });
  }

  /** Writes records into the step table, the first at `at`. */
  writeSteps(records: readonly StepRecord[], at = 0): void {
    write(this.gpu, this.tables.steps, new Uint8Array(packSteps(records)), at * stepStride);
  }

  /** Says which trials run: slot k of every dispatch works on trial `records[k].index`. */
  writeTrials(records: readonly TrialRecord[]): void {
    write(this.gpu, this.tables.trials, new Uint8Array(packTrials(records)));
    write(this.gpu, this.tables.dropout, new Uint8Array(packDropout(records)));
  }

  /** Writes a trial's slice of a buffer from its beginning. A shared buffer is written as trial 0. */
  write(name: string, data: ArrayBufferView<ArrayBuffer>, trial = 0): void {
    const { buffer, offset } = this.slice(name, trial);
    write(this.gpu, buffer, data, offset);
  }

  /** Where a trial's slice of a buffer lies. */
  slice(name: string, trial: number): BufferRange {
    const buffer = this.buffer(name);
    const bytes = buffer.size / this.trials;
    return { buffer, offset: trial * bytes, bytes };
  }

  /** Waits for everything submitted and reads a trial's slice. */
  async read(name: string, trial = 0): Promise<ArrayBuffer> {
    const [data] = await readRanges(this.gpu, name, [this.slice(name, trial)]);
    return data!;
  }

  /**
   * Waits for everything submitted and reads every buffer that has a name, all trials of it, with one wait.
   */
  async readAll(): Promise<Map<string, Uint32Array>> {
    const parts = await readRanges(this.gpu, 'session', [...this.buffers.values()].map(wholeOf));
    return new Map([...this.buffers.keys()].map((name, i) => [name, new Uint32Array(parts[i]!)]));
  }

  /** A readback of whole buffers with one wait, for use again and again. */
  readback(label: string, names: readonly string[]): Readback {
    const ranges = names.map((name) => wholeOf(this.buffer(name)));
    return this.own(new Readback(this.gpu, label, ranges));
  }

  release(): void {
    for (const each of this.owned.splice(0)) {
      if ('release' in each) each.release();
      else this.gpu.release(each);
    }
  }
}

function wholeOf(buffer: GPUBuffer): BufferRange {
  return { buffer, offset: 0, bytes: buffer.size };
}

/**
 * A session that lives on with what `make` makes of it, which has to release it.
 * @throws what `make` throws; then the session is released
 */
export async function createSession<T>(
  gpu: Gpu,
  options: SessionOptions,
  make: (session: Session) => Promise<T>,
): Promise<T> {
  const session = new Session(gpu, options);
  try {
    return await make(session);
  } catch (error) {
    session.release();
    throw error;
  }
}

/** A session that is released when `body` is done, or has thrown. */
export function withSession<T>(
  gpu: Gpu,
  options: SessionOptions,
  body: (session: Session) => Promise<T>,
): Promise<T> {
  return createSession(gpu, options, async (session) => {
    const result = await body(session);
    session.release();
    return result;
  });
}
