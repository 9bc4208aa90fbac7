/** What is told of a divergence that was diagnosed. */
import { platform } from '../platform/index.js';
import type { Divergence } from './diverged-error.js';
import type { Finding } from './divergence.js';
import type { TensorPlace } from './finite-check.js';
import type { GroupPlan } from './plan-training.js';
import type { Trial } from './types.js';

/** A tensor that is not finite, with what is known of its first such element. */
export interface FirstTensor extends TensorPlace {
  readonly value?: number;
  /** What wrote it. */
  readonly kernel?: string;
}

/** What came out when a training was replayed. */
export interface Diagnosis {
  /** Of the epoch, from 0; -1: before its first step; null: none. */
  readonly step: number | null;
  /** Null: only a loss is known not to be finite. */
  readonly tensor: FirstTensor | null;
  /** Whether it came out as it had been found. */
  readonly isSame: boolean;
}

/** The tensor whose sum the metrics are: what is named where nothing but a loss is known. */
const losses: FirstTensor = { tensor: 'row losses', element: [0, 0] };

export function tellDivergence(
  { trial, finding }: { readonly trial: Trial; readonly finding: Finding },
  { sizes }: GroupPlan,
  { step, tensor, isSame }: Diagnosis,
): Divergence {
  const first = tensor ?? losses;
  return {
    trial,
    epoch: finding.epoch,
    step: step === null ? null : step + 1,
    tensor: first.tensor,
    reproduced: isSame,
    place: `${trial.variant}, seed ${trial.seed}, ${placeText(finding, step, sizes.trainSteps)}`,
    found: isSame ? firstText(first, step) : lostText(first, tensor !== null),
    remedy: remedyText(trial, first, step, isSame),
  };
}

function placeText({ epoch, part }: Finding, step: number | null, steps: number): string {
  if (part === 'test') return `test set, weights of epoch ${epoch}`;
  if (part === 'validation') return `validation of epoch ${epoch}`;
  if (step === null) return `end of epoch ${epoch}`;
  return step < 0 ? `start of epoch ${epoch}` : `epoch ${epoch}, step ${step + 1} of ${steps}`;
}

/** `layer1.weight is the first tensor that is not finite: NaN at [3, 17], from dense_forward.tile`. */
function firstText({ tensor, element, value, kernel }: FirstTensor, step: number | null): string {
  if (step === -1)
    return `${tensor} is not finite at [${element.join(', ')}], in the state that it began with`;
  const detail = value === undefined ? '' : `: ${value} at [${element.join(', ')}], from ${kernel}`;
  return `${tensor} is the first tensor that is not finite${detail}`;
}

/** @param isKnown whether more than a loss is known */
function lostText({ tensor, element }: FirstTensor, isKnown: boolean): string {
  const what = isKnown ? `${tensor} was not finite at [${element.join(', ')}]` : 'a loss was not finite';
  return `${what}, but replayed from the last sound state all stayed finite`;
}

function remedyText(trial: Trial, { tensor }: FirstTensor, step: number | null, isSame: boolean): string {
  if (!isSame) return `the adapter gives other results each time: ${platform.advice.unsteady}`;
  if (step === -1) return 'begin anew: nothing sound can come out of that state';
  if (tensor === 'batch')
    return `no setting helps, the images were read wrongly: ${platform.advice.unsteady}`;
  return `use a smaller learning rate than ${trial.config.learningRate}`;
}
