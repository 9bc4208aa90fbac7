/**
 * The start of train.js: that every phase is seen, and which pipelines are compiled. In the long form its
 * times are printed.
 */
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { imageBytes } from '../data/dataset.js';
import { readDirectory } from '../data/directory.js';
import { idxNames } from '../data/file-names.js';
import { defaultSize, synthesize } from '../data/synthetic/index.js';
import { experimentById, planExperiment, trialsOf } from '../experiments/index.js';
import { encodeIdxImages, encodeIdxLabels } from '../formats/idx.js';
import { openGpu } from '../gpu/index.js';
import { kernelSource } from '../kernels/index.js';
import { isLong, longTimeout } from '../testing/modes.js';
import { planTraining, programsOf } from '../train/plan-training.js';
import { measureStarts, startMarks, startOnce, startTable } from './testing/start.js';
import { isBuilt } from './testing/training.js';

let home: string;
beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), 'wgsl-train-start-'));
});
afterAll(() => {
  rmSync(home, { recursive: true, force: true });
});

/** The synthetic set as files: drawing it would take longer than anything that is measured here. */
function saveSyntheticSet(size: { readonly train: number; readonly test: number }): string {
  const folder = join(home, `data-${size.train}`);
  mkdirSync(folder);
  const { rows, columns, ...parts } = synthesize(size);
  for (const part of ['train', 'test'] as const) {
    const { count, labels } = parts[part];
    const pixels = imageBytes(parts[part]);
    writeFileSync(join(folder, idxNames[part].images), encodeIdxImages({ count, rows, columns, pixels }));
    writeFileSync(join(folder, idxNames[part].labels), encodeIdxLabels(labels));
  }
  return folder;
}

it.runIf(isBuilt)(
  'train.js is followed from its first line into its first epoch, and ends there',
  async () => {
    const data = saveSyntheticSet({ train: 200, test: 50 });
    const { marks, timing } = startOnce(['--exp', '6', '--data', data, '--out', join(home, 'out')]);
    const times = startMarks.map((name) => marks[name]!);
    expect(times).toEqual([...times].sort((a, b) => a - b));
    for (const ms of Object.values(timing.phases)) expect(ms).toBeGreaterThanOrEqual(0);
    const sum = Object.values(timing.phases).reduce((total, ms) => total + ms, 0);
    expect(sum).toBeCloseTo(timing.firstStepMs, 6);
    expect(timing.trainingMs).toBeGreaterThan(timing.firstStepMs);
    expect(readdirSync(home)).not.toContain('out');

    // The pipelines of its first group of trials, each once, and all of them asked for before the first is
    // ready.
    const trials = trialsOf(planExperiment(experimentById(6), {}, [0]));
    const gpu = await openGpu();
    const { groups } = planTraining(gpu.traits, await readDirectory(data), [trials[0]!]);
    gpu.close();
    const sources = groups.flatMap(programsOf).flatMap(({ plan }) =>
      plan.dispatches.map(({ op, configuration: { variant, constants } }) => {
        const { code: text, reflection } = kernelSource(op.kernel, variant);
        const used = Object.entries(constants).filter(([name]) => reflection.overrides.has(name));
        return JSON.stringify([text, used]);
      }),
    );
    expect(timing.pipelines).toBe(new Set(sources).size);
    expect(timing.pipelinesAtOnce).toBe(timing.pipelines);
  },
);

it.runIf(isBuilt && isLong)(
  'train.js --exp 6, phase by phase',
  () => {
    const options = ['--exp', '6', '--data', saveSyntheticSet(defaultSize), '--out', join(home, 'out')];
    const cases = measureStarts(options, 5, home);
    expect(cases[0]).toMatchObject({ cache: 'warm' });
    console.log(startTable(cases));
  },
  longTimeout,
);
