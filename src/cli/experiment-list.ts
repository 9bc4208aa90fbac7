/** The experiments, as `train --list` prints them. */
import {
  describeSettings,
  experiments,
  experimentName,
  planExperiment,
  type Variant,
} from '../experiments/index.js';
import { textColumns, wrap } from '../base/text.js';

const listIndent = ' '.repeat(7);

/** Every experiment with its variants. */
export function listText(): string {
  return experiments
    .map((experiment) => {
      const { variants, comparisons } = planExperiment(experiment, {}, [0]);
      const names = (list: readonly Variant[]): string => list.map(({ name }) => name).join('  ');
      const beside = comparisons.length === 0 ? [] : [`beside them, for comparison: ${names(comparisons)}`];
      const details = [experiment.asks, names(variants), ...beside, describeSettings(variants)];
      const lines = details.map(
        (text) => listIndent + wrap(text, textColumns - listIndent.length, listIndent),
      );
      return [String(experiment.id).padEnd(listIndent.length) + experiment.title, ...lines].join('\n');
    })
    .join('\n\n');
}

/** The experiments as records, for --list --json. */
export function listRecords(): Readonly<Record<string, unknown>>[] {
  return experiments.map(({ id, title, asks, variants }) => ({
    event: 'experiment',
    experiment: id,
    name: experimentName(id),
    title,
    asks,
    variants,
  }));
}
