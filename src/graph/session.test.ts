import { expect, test } from 'vitest';
import { useGpu } from '../../kernels.test/kernels/support.js';
import { storageBuffer } from '../gpu/index.js';
import { addOp, addTensor, createGraph } from './graph.js';
import { planStep, type Plan } from './plan.js';
import { replay } from './program.js';
import { createSession, firstStep, plainTrial, withSession, type Session } from './session.js';

const gpu = useGpu();

/** A step that copies `from` to `to`, for each trial. */
function copy(from: string, to: string, trials = 1, columns = 4): Plan {
  const graph = createGraph();
  const shape = { rows: 1, columns, vector: true };
  const reads = { x: addTensor(graph, from, shape, 'persistent') };
  const writes = { y: addTensor(graph, to, shape, 'persistent') };
  addOp(graph, { kernel: 'ceiling_copy', name: 'copy', reads, writes, updates: {}, attributes: {} });
  return planStep(graph, gpu().traits, { trials, fuse: false });
}

const floats = async (session: Session, name: string, trial = 0): Promise<number[]> => [
  ...new Float32Array(await session.read(name, trial)),
];

function writeTables(session: Session, trials = 1): void {
  session.writeSteps([firstStep]);
  session.writeTrials(Array.from({ length: trials }, (_, index) => ({ ...plainTrial, index })));
}

test('programs share the buffers of one name, those of other names are found by them', async () => {
  const given = storageBuffer(gpu(), 'of the caller', 16);
  const before = gpu().count();
  await withSession(gpu(), { given: [['a', given]] }, async (session) => {
    writeTables(session);
    const first = await session.program(copy('a', 'b'));
    const second = await session.program(copy('x', 'y'), { x: 'b', y: 'c' });
    expect([...session.buffers.keys()]).toEqual(['a', 'b', 'c']);
    session.write('a', Float32Array.of(1, 2, 3, 4));
    for (const program of [first, second]) replay(gpu(), program, 0, 1, 1);
    expect(await floats(session, 'c')).toEqual([1, 2, 3, 4]);
    const all = await session.readAll();
    expect([...all.keys()]).toEqual(['a', 'b', 'c']);
    expect(all.get('b')).toEqual(new Uint32Array(Float32Array.of(1, 2, 3, 4).buffer));
  });
  expect(gpu().count()).toEqual(before);
  gpu().release(given);
});

test('a trial has its slice of each buffer, and runs if it has a record', async () => {
  const session = await createSession(gpu(), { trials: 2 }, (made) => Promise.resolve(made));
  const program = await session.program(copy('a', 'b', 2));
  session.writeSteps([firstStep]);
  session.writeTrials([{ ...plainTrial, index: 1 }]);
  session.write('a', Float32Array.of(1, 2, 3, 4), 0);
  session.write('a', Float32Array.of(5, 6, 7, 8), 1);
  replay(gpu(), program, 0, 1, 1);
  expect(await floats(session, 'b', 0)).toEqual([0, 0, 0, 0]);
  expect(await floats(session, 'b', 1)).toEqual([5, 6, 7, 8]);
  const readback = session.readback('both', ['a', 'b']);
  const [a, b] = await readback.copyAndRead();
  expect([a!.byteLength, b!.byteLength]).toEqual([32, 32]);
  session.release();
  session.release();
  expect(gpu().count()).toEqual({ buffers: 0, bytes: 0 });
});

test('steps are written where they are told', async () => {
  await withSession(gpu(), { steps: 3 }, async (session) => {
    writeTables(session);
    session.writeSteps([firstStep, firstStep], 1);
    const program = await session.program(copy('a', 'b'));
    session.write('a', Float32Array.of(1, 2, 3, 4));
    replay(gpu(), program, 2, 1, 1);
    expect(await floats(session, 'b')).toEqual([1, 2, 3, 4]);
  });
});

test('a session that fails half-way leaves nothing on the GPU', async () => {
  const failing = async (session: Session): Promise<never> => {
    session.make('own', 64);
    session.own(storageOf('owned'));
    await session.program(copy('a', 'b'));
    session.readback('a readback', ['a']);
    throw new Error('half-way');
  };
  const storageOf = (label: string) => {
    const buffer = storageBuffer(gpu(), label, 4);
    const release = (): void => {
      gpu().release(buffer);
    };
    return { release };
  };
  for (const make of [createSession<never>, withSession<never>]) {
    await expect(make(gpu(), {}, failing)).rejects.toThrow('half-way');
    expect(gpu().count()).toEqual({ buffers: 0, bytes: 0 });
  }
});

test('buffers that do not fit are bugs, and leave nothing on the GPU', async () => {
  const nobody = (session: Session): Promise<unknown> => session.read('nobody');
  const short = async (session: Session): Promise<void> => {
    session.make('b', 8);
    await session.program(copy('a', 'b'));
  };
  const twice = (session: Session): Promise<GPUBuffer> => {
    session.make('b', 8);
    return Promise.resolve(session.make('b', 8));
  };
  for (const [body, message] of [
    [nobody, 'the session has no buffer "nobody"'],
    [short, 'buffer "b" of the session is too small for "b" of the plan'],
    [twice, 'the session has a buffer "b" already'],
  ] as const) {
    await expect(withSession<unknown>(gpu(), {}, body)).rejects.toMatchObject({ kind: 'bug', message });
    expect(gpu().count()).toEqual({ buffers: 0, bytes: 0 });
  }
});

test('a table that the device has no room for leaves nothing on the GPU', async () => {
  const steps = gpu().traits.limits.maxBufferSize;
  const made = withSession(gpu(), { steps }, () => Promise.resolve());
  await expect(made).rejects.toMatchObject({ kind: 'gpu' });
  expect(gpu().count()).toEqual({ buffers: 0, bytes: 0 });
});
