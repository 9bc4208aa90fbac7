import { printMermaid, printPlan } from '../graph/index.js';
import type { PlannedTraining } from './plan-training.js';

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
