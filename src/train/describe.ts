import { kernelLabel, printMermaid, printPlan, type Plan } from '../graph/index.js';
import type { GroupPlan, PlannedTraining } from './plan-training.js';
import type { TrialResult } from './types.js';

/**
 * The text of `--print-plan`: for each group of trials its training step and its evaluation batch, as planned
 * for the adapter. As a flowchart, the training steps alone.
 */
export function describePlan({ groups, fuse }: PlannedTraining, form: 'text' | 'flowchart' = 'text'): string {
  return groups
    .map(({ trials, training, evaluation, sizes }) => {
      if (form === 'flowchart') return printMermaid(training.plan);
      const names = trials.map(({ variant, seed }) => `${variant} seed ${seed}`).join(', ');
      const how = fuse ? '' : ', not fused';
      return [
        `# ${names}`,
        '',
        `## Training step: batch of ${sizes.batch}, ${sizes.trainSteps} steps per epoch${how}`,
        printPlan(training.plan),
        '',
        `## Evaluation batch of ${sizes.evaluationBatch}`,
        printPlan(evaluation.plan),
      ].join('\n');
    })
    .join('\n\n');
}

type Kernels = TrialResult['kernels'];

export function kernelsOf({ training, evaluation }: GroupPlan): Kernels {
  return { training: linesOf(training.plan), evaluation: linesOf(evaluation.plan) };
}

function linesOf({ dispatches }: Plan): string[] {
  return dispatches.map((dispatch) => `${dispatch.op.name} ${kernelLabel(dispatch)}`);
}

/**
 * A dispatch that runs another variant of its kernel in one of two lists, as the lines of each; null if none
 * does. Dispatches that only one of them has do not count: a trial without dropout is fused otherwise beside
 * trials that have it, and gets the same bits.
 */
export function otherVariant(a: Kernels, b: Kernels): readonly [string, string] | null {
  for (const part of ['training', 'evaluation'] as const) {
    const known = new Map(a[part].map((line) => [splitVariant(line).kernel, line]));
    for (const line of b[part]) {
      const { kernel, variant } = splitVariant(line);
      const other = known.get(kernel);
      if (other !== undefined && splitVariant(other).variant !== variant) return [other, line];
    }
  }
  return null;
}

/** `layer0 dense_forward.subgroup8 +relu` -> `layer0 dense_forward` and `subgroup8`. */
function splitVariant(line: string): { readonly kernel: string; readonly variant: string } {
  const [op, label = ''] = line.split(' ');
  const [kernel, variant = ''] = label.split('.');
  return { kernel: `${op} ${kernel}`, variant };
}
