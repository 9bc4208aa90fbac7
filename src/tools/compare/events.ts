/** A comparison as JSON lines. Accuracies are fractions, losses are in nats. */
import { sample, type Sample } from '../../base/statistics.js';
import { comparedMeasures, overSeeds, type VariantComparison } from './measures.js';
import type { ComparedRun, ComparedVariant } from './runs.js';
import { conclusion } from './text.js';
import type { Warning } from './warnings.js';

type Event = Readonly<Record<string, unknown>>;

/** Runs, variants, warnings and differences, in this order. */
export function comparisonEvents(
  contenders: readonly ComparedVariant[],
  warnings: readonly Warning[],
  verdicts: readonly VariantComparison[],
): Event[] {
  const runs = [...new Set(contenders.map(({ run }) => run))];
  return [
    ...runs.map(runEvent),
    ...contenders.map(variantEvent),
    ...warnings.map((warning) => ({ event: 'warning', ...warning })),
    ...verdicts.flatMap(differenceEvents),
  ];
}

function runEvent({ letter, directory, summary, commit }: ComparedRun): Event {
  const { experiment, dataset, adapter, versions } = summary;
  return { event: 'run', run: letter, directory, experiment, dataset, adapter, versions, commit };
}

function variantEvent(contender: ComparedVariant): Event {
  const { run, record } = contender;
  const told = (found: Sample | null): object | null => found && { mean: found.mean, sd: found.sd };
  return {
    event: 'variant',
    run: run.letter,
    variant: record.name,
    seeds: record.runs.map(({ seed }) => seed),
    epochs: told(sample(record.runs.map(({ epochs }) => epochs))),
    ...Object.fromEntries(comparedMeasures.map((each) => [each.key, told(overSeeds(contender, each))])),
  };
}

function differenceEvents({ left, right, sameWeights, differences }: VariantComparison): Event[] {
  const side = ({ run, record }: ComparedVariant): Event => ({ run: run.letter, variant: record.name });
  return differences.map(({ measure, difference }) => ({
    event: 'difference',
    left: side(left),
    right: side(right),
    measure: measure.key,
    ...difference,
    sameWeights,
    conclusion: conclusion(difference),
  }));
}
