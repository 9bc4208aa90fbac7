/**
 * SGD and gradient clipping against PyTorch: torch.optim.SGD and torch.nn.utils.clip_grad_norm_.
 *
 * fixtures/updates.safetensors.gz (make_fixtures.py) holds ten steps of a small network that follow each
 * other. Tensors, all with the step as their first axis: pixels [steps, rows, inputs] and labels [steps,
 * rows] of the batches; for each run in the metadata RUN/loss, RUN/norm where it clips (before it does),
 * RUN/PARAMETER/gradient (before it is clipped), and RUN/PARAMETER/p, /m and, for AdamW, /v after the step.
 * The first state is PARAMETER/start, with moments of 0.
 */
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { plainTrial } from '../../src/graph/index.js';
import type { TrialRecord } from '../../src/kernels/index.js';
import { trainingGraph, unpackParameter } from '../../src/model/index.js';
import { gamma, gatherBound, networkBound, squareSumBound } from '../bounds.js';
import { expectWithin } from '../compare.js';
import { type Expected, layersOf } from '../fixtures/expected.js';
import { readTensors } from '../fixtures/safetensors.js';
import { noteShares } from '../kernels/shares.js';
import { useGpu } from '../kernels/support.js';
import { clipFactor, globalNorm } from '../reference/clip_gradients.js';
import { gather } from '../reference/gather.js';
import { packArena, prepareStep } from './device-step.js';
import {
  arenas,
  expectedClipping,
  expectedState,
  flat,
  type Kind,
  kindsOf,
  type Optimizer,
} from './expected-update.js';

interface Run extends Omit<TrialRecord, 'index' | 'seed' | 'dropout'> {
  readonly name: string;
  readonly optimizer: Optimizer;
}

type State = Readonly<Record<Kind, readonly Float32Array[]>>;

const { metadata, tensors } = readTensors(join(import.meta.dirname, '../fixtures/updates.safetensors.gz'));
const widths = JSON.parse(metadata.widths!) as number[];
const runs = JSON.parse(metadata.runs!) as Run[];
const [rows, steps] = [Number(metadata.rows), Number(metadata.steps)];
const parameters = widths
  .slice(1)
  .flatMap((_, layer) => [`layer${layer + 1}.weights`, `layer${layer + 1}.bias`]);

/** Slice `step` of a tensor. */
function at(name: string, step: number): Float32Array {
  const data = tensors.get(name)!.data as Float32Array;
  const length = data.length / steps;
  return data.subarray(step * length, (step + 1) * length);
}

function stateBefore({ name, optimizer }: Run, step: number): State {
  const start = parameters.map((each) => tensors.get(`${each}/start`)!.data as Float32Array);
  const zeros = start.map(({ length }) => new Float32Array(length));
  if (step === 0) return { p: start, m: zeros, v: zeros };
  const all = (kind: Kind): Float32Array[] =>
    parameters.map((each) => at(`${name}/${each}/${kind}`, step - 1));
  return { p: all('p'), m: all('m'), v: optimizer === 'sgd' ? zeros : all('v') };
}

/** What a step must give from the state that PyTorch had before it. */
function expectedStep(run: Run, step: number, before: State) {
  const pixels = at('pixels', step) as unknown as Uint8Array;
  const labels = at('labels', step) as unknown as Uint8Array;
  const x = gather(pixels, [...Array(rows).keys()], widths[0]!);
  const layers = layersOf(widths, before.p);
  const { pass, loss, gradients } = networkBound(
    layers,
    { x, xRadius: gatherBound(x), labels, rows },
    'certain',
  );
  const raw = pass.gradients.flatMap(({ weights, bias }, i): Expected[] => [
    { values: weights, bound: gradients[i]!.weights },
    { values: bias, bound: gradients[i]!.bias },
  ]);
  const after = expectedClipping(raw, run.clipNorm).map((gradient, i) => {
    const [p, m, v] = [before.p[i]!, before.m[i]!, before.v[i]!];
    return expectedState(run.optimizer, run, step + 1, { p, m, v }, gradient);
  });
  return {
    pixels,
    labels,
    loss: { values: Float64Array.of(pass.loss), bound: Float64Array.of(loss) },
    raw,
    after,
  };
}

describe.each(runs)('PyTorch run $name', (run) => {
  const gpu = useGpu();
  const note = noteShares(`updates, ${run.name}`);
  const { name, clipNorm, optimizer } = run;

  it('has losses, gradients, norms and states within bounds of the reference', () => {
    for (let step = 0; step < steps; step++) {
      const expected = expectedStep(run, step, stateBefore(run, step));
      const within = (found: ArrayLike<number>, { values, bound }: Expected, what: string): void => {
        note(`PyTorch's ${what}`, expectWithin(found, values, bound, `${what}, step ${step}`));
      };
      within(at(`${name}/loss`, step), expected.loss, 'loss');
      if (clipNorm !== null) {
        const norm = globalNorm(expected.raw.map(({ values }) => values));
        // √(S + e) - √S is at most e / √S, for the squares in any order; then the root itself is rounded.
        const [values, radius] = (['values', 'bound'] as const).map((key) => flat(expected.raw, key));
        const bound = squareSumBound(values!, values!.length, radius) / norm + gamma(2) * norm;
        within(
          at(`${name}/norm`, step),
          { values: Float64Array.of(norm), bound: Float64Array.of(bound) },
          'norm',
        );
      }
      parameters.forEach((parameter, i) => {
        within(at(`${name}/${parameter}/gradient`, step), expected.raw[i]!, 'gradient');
        for (const kind of kindsOf(optimizer))
          within(at(`${name}/${parameter}/${kind}`, step), expected.after[i]![kind], kind);
      });
    }
  });

  it('is what the engine computes, fused and kernel by kernel', async () => {
    const feed = { samples: rows, indices: rows, batch: rows, slots: 1 };
    const mlp = { inputs: widths[0]!, hidden: widths.slice(1, -1), classes: widths.at(-1)!, dropout: false };
    const graph = trainingGraph(mlp, feed, { optimizer, clips: clipNorm !== null });
    for (const fuse of [true, false])
      for (let step = 0; step < steps; step++) {
        const before = stateBefore(run, step);
        const { pixels, labels, after } = expectedStep(run, step, before);
        const [p, m, v] = [before.p, before.m, before.v].map((values) => packArena(graph, values));
        const device = await prepareStep(gpu(), {
          graph,
          traits: gpu().traits,
          fuse,
          images: pixels,
          labels,
          indices: [Uint32Array.from({ length: rows }, (_, i) => i)],
          states: [{ parameters: p!, first_moments: m!, second_moments: v! }],
          steps: [{ number: step, slot: 0, offset: 0, rows }],
          records: [{ ...plainTrial, ...pick(run) }],
        });
        device.run(0, 1);
        for (const kind of kindsOf(optimizer)) {
          const slice = await device.read(arenas[kind]);
          graph.parameters.forEach((parameter, i) => {
            const { values, bound } = after[i]![kind];
            const found = unpackParameter(parameter, slice);
            const what = `${kind} of ${parameter.name}, step ${step}, fused ${fuse}`;
            note(kind, expectWithin(found, values, bound, what));
            const recorded = at(`${name}/${parameters[i]}/${kind}`, step);
            const doubled = Float64Array.from(bound, (each) => 2 * each);
            expectWithin(found, recorded, doubled, `${what}, against PyTorch`);
          });
        }
        device.release();
      }
  });
});

function pick({ learningRate, weightDecay, decay, clipNorm, momentum }: Run): Partial<TrialRecord> {
  return { learningRate, weightDecay, decay, clipNorm, momentum };
}

it('the fixture has steps that are clipped, and steps that are not', () => {
  const factors = runs
    .filter(({ clipNorm }) => clipNorm !== null)
    .flatMap(({ name, clipNorm }) =>
      Array.from({ length: steps }, (_, step) => clipFactor(at(`${name}/norm`, step)[0]!, clipNorm)),
    );
  expect(factors.filter((factor) => factor < 1).length).toBeGreaterThan(10);
  expect(factors.filter((factor) => factor === 1).length).toBeGreaterThan(5);
});
