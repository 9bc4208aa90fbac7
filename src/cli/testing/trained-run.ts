/**
 * A small run, trained on the GPU by train.js's own code: what export.js, predict.js and evaluate.js are
 * tested on.
 */
import { join } from 'node:path';
import type { Command } from '../command.js';
import { sessionOn, type Engine } from '../engine.js';
import { command as train } from '../commands/train.js';
import type { Dataset } from '../../data/dataset.js';
import { openGpu, type Gpu } from '../../gpu/index.js';
import { capture, type Capture } from '../../testing/capture.js';
import { romaji } from '../../experiments/testing/results.js';
import { tinyDataset } from '../../train/testing/tiny-dataset.js';

/** Of the size of the real images, so that the networks have the sizes of the real ones. */
export function runDataset(): Dataset {
  const tiny = tinyDataset({ rows: 28, columns: 28, classes: 10, train: 60, test: 100, randomLabels: true });
  return { ...tiny, classNames: romaji };
}

/** The engine on an open GPU; gives this data for every name, and counts what commands ask of it. */
export interface CountedEngine extends Engine {
  readonly counts: { opened: number; closed: number };
}

export function engineOn(gpu: Gpu, dataset: Dataset): CountedEngine {
  const counts = { opened: 0, closed: 0 };
  return {
    counts,
    open: () => {
      counts.opened++;
      const close = (): void => {
        counts.closed++;
      };
      return Promise.resolve({ ...sessionOn(gpu), close });
    },
    resolveDataset: (name) => Promise.resolve({ ...dataset, name }),
  };
}

export interface CommandRun {
  readonly code: number;
  readonly stdout: Capture;
  readonly stderr: Capture;
  /** How often the engine was loaded. */
  readonly loaded: number;
}

export async function runCommand(
  command: Command,
  argv: readonly string[],
  engine: Engine,
  signal = new AbortController().signal,
): Promise<CommandRun> {
  const [stdout, stderr] = [capture(), capture()];
  let loaded = 0;
  const code = await command.execute(argv, {
    stdout,
    stderr,
    signal,
    loadEngine: () => {
      loaded++;
      return Promise.resolve(engine);
    },
  });
  return { code, stdout, stderr, loaded };
}

/** Trains experiment 2 (dropout 0.5 and 0.3, and none beside them) with two seeds into `home/run`. */
export async function trainedRun(home: string): Promise<{ readonly gpu: Gpu; readonly directory: string }> {
  const gpu = await openGpu();
  const directory = join(home, 'run');
  const argv = `--exp 2 --seeds 2 --epochs 4 --patience 1 --lr 0.01 --hidden 256,128 --data set --quiet --out ${directory}`;
  const { code, stderr } = await runCommand(train, argv.split(' '), engineOn(gpu, runDataset()));
  if (code !== 0) throw new Error(stderr.text());
  return { gpu, directory };
}
