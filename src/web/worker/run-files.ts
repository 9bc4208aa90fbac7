/** summary.json: what is read of a run, and what is written of a training. */
import { conclude } from '../../experiments/conclude.js';
import { experimentById } from '../../experiments/catalogue.js';
import { planExperiment } from '../../experiments/plan.js';
import { outcomeOf } from '../../experiments/run.js';
import { summarise, type Summary } from '../../experiments/summary.js';
import { engineGpu } from '../../library/engine-gpu.js';
import { platform } from '../../platform/index.js';
import { parseJson } from '../../base/schema.js';
import * as v from 'valibot';
import { checkSummary } from '../../runs/summary-schema.js';
import type { Dataset, EpochRecord, Gpu, TrialResult } from '../../browser.js';
import type { RunView } from '../protocol.js';

/** A summary of 10,000 trainings of 3 epochs has 11 MB. */
const largest = 2 ** 25;

const remedy = 'bring the file back from a copy, or train again';

/** @throws EngineError `bad-file` */
export function readSummary(bytes: Uint8Array, file: string): Summary {
  return checkSummary(parseJson(v.unknown(), bytes, { file, remedy, largest }), file);
}

/** Networks of a run whose curves are shown; the first ones. */
const mostTrials = 6;

/** Texts of files are shown as far as they say something. */
const longestText = 200;

export function viewOf(summary: Summary): RunView {
  const { title, experiment, dataset, adapter, selected } = summary;
  const all = [...summary.variants, ...summary.comparisons].flatMap(({ name, runs }) =>
    runs.map((run) => ({ name: runs.length === 1 ? name : `${name}, seed ${run.seed}`, run })),
  );
  const left =
    all.length <= mostTrials ? '' : ` The first ${mostTrials} of ${all.length} networks are shown.`;
  return {
    title: `Experiment ${experiment}: ${title}`.slice(0, longestText),
    about: `Trained on ${dataset.name}, on ${adapter.description}.`.slice(0, longestText) + left,
    trials: all.slice(0, mostTrials).map(({ name, run }) => ({
      name: name.slice(0, longestText),
      history: historyOf(run),
      test: run.test,
      weightsSha256: run.weightsSha256,
    })),
    confusion: { classNames: selected.classNames, counts: selected.confusion },
  };
}

function historyOf({ history }: Summary['variants'][number]['runs'][number]): EpochRecord[] {
  const { trainLoss, trainAccuracy, valLoss, valAccuracy } = history;
  return trainLoss.map((loss, i) => {
    const [lossThen, accuracyThen] = [valLoss?.[i] ?? null, valAccuracy?.[i] ?? null];
    return {
      epoch: i + 1,
      train: { loss, accuracy: trainAccuracy[i]! },
      validation:
        lossThen === null || accuracyThen === null ? null : { loss: lossThen, accuracy: accuracyThen },
    };
  });
}

/** The summary that the same training in Node writes, but for where it ran. */
export function summaryOf(gpu: Gpu, dataset: Dataset, result: TrialResult, command: string | null): Summary {
  const { config, seed } = result.trial;
  const plan = planExperiment(experimentById(0), config, [seed]);
  const outcome = outcomeOf(plan, dataset, { results: [result], diverged: [], error: null }, new Map());
  const { description, software, traits } = engineGpu(gpu);
  return summarise(outcome, {
    adapter: { description, software, subgroupSize: traits.subgroupSize },
    dataset: { sha256: dataset.sha256, notice: dataset.notice ?? null },
    command: command?.split(' ') ?? ['trained in a browser'],
    versions: platform.versions(),
    fused: true,
    tuning: null,
    conclusions: conclude(outcome),
  });
}
