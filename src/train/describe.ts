import type { Dataset } from '../data/dataset.js';
import type { AdapterTraits } from '../gpu/index.js';
import { printMermaid, printPlan } from '../graph/index.js';
import { planGroup } from './plan-training.js';
import { plannedGroups } from './train.js';
import type { Trial } from './types.js';

/**
 * The text of `--print-plan`: for each group of trials its training step and its evaluation batch, as planned for this adapter. As a
 * flowchart, the training steps alone.
 */
export function describePlan(
  gpu: { readonly traits: AdapterTraits },
  dataset: Dataset,
  trials: readonly Trial[],
  options: { readonly fuse?: boolean; readonly form?: 'text' | 'flowchart' } = {},
): string {
  const fuse = options.fuse ?? true;
  return plannedGroups(dataset, trials, gpu.traits, fuse)
    .map(({ trials: members }) => {
      const { training, evaluation, sizes } = planGroup(dataset, members, gpu.traits, fuse);
      if (options.form === 'flowchart') return printMermaid(training.plan);
      const names = members.map(({ variant, seed }) => `${variant} seed ${seed}`).join(', ');
      return [
        `# ${names}`,
        '',
        `## Training step: batch of ${sizes.batch}, ${sizes.trainSteps} steps per epoch${fuse ? '' : ', not fused'}`,
        printPlan(training.plan),
        '',
        `## Evaluation batch of ${sizes.evaluationBatch}`,
        printPlan(evaluation.plan),
      ].join('\n');
    })
    .join('\n\n');
}
