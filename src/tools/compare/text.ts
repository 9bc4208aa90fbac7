/** A comparison as people read it. */
import { countSpread, listed } from '../../experiments/format.js';
import { sample } from '../../base/statistics.js';
import { experimentName } from '../../experiments/index.js';
import { settingKeys, settings, settingText } from '../../train/settings.js';
import { alignedTable, textColumns, wrap } from '../../base/text.js';
import type { Difference } from './difference.js';
import { comparedMeasures, overSeeds, type ComparedMeasure, type VariantComparison } from './measures.js';
import { contenderName, type ComparedRun, type ComparedVariant } from './runs.js';

/** Which letter is which run. */
export function runsText(contenders: readonly ComparedVariant[]): string {
  const runs = [...new Set(contenders.map(({ run }) => run))];
  return runs
    .map(({ letter, directory, summary }: ComparedRun) => {
      const { experiment, title, dataset } = summary;
      return `${letter}  ${directory}: ${experimentName(experiment)}, ${title}; ${dataset.name}`;
    })
    .join('\n');
}

/** Every contender with its figures over seeds. */
export function figuresTable(contenders: readonly ComparedVariant[]): string {
  const shown = comparedMeasures.filter(({ key }) => key !== 'testLoss');
  const figure = (contender: ComparedVariant, measure: ComparedMeasure): string => {
    const found = overSeeds(contender, measure);
    return found === null ? '-' : measure.writeSpread(found);
  };
  return alignedTable([
    ['variant', 'seeds', 'epochs', ...shown.map(({ title }) => title)],
    ...contenders.map((contender) => [
      contenderName(contender),
      String(contender.record.runs.length),
      countSpread(sample(contender.record.runs.map(({ epochs }) => epochs))),
      ...shown.map((measure) => figure(contender, measure)),
    ]),
  ]);
}

/** What of the differences is more than the spread over seeds. */
export function verdictText({ left, right, sameWeights, differences }: VariantComparison): string {
  const heading = `${contenderName(left)}  against  ${contenderName(right)}`;
  if (sameWeights) return `${heading}\n  the same weights in every seed, bit by bit`;
  const changes = changedSettings(left, right);
  const rows = differences.map(({ measure, difference }) => [
    `  ${measure.title}`,
    signed(difference.mean, measure),
    intervalText(difference, measure),
    measure.unit,
    conclusion(difference),
  ]);
  const changed = changes.length === 0 ? 'the same settings' : changes.join(', ');
  const basis = basisOf(differences[0]!.difference);
  const table = alignedTable(rows, { left: [3, 4] });
  return `${heading}, ${basis}\n  ${wrap(changed, textColumns - 2, '    ')}\n${table}`;
}

/** `lr 0.002 instead of 0.001`. */
function changedSettings(left: ComparedVariant, right: ComparedVariant): string[] {
  return settingKeys.flatMap((key) => {
    const [to, from] = [left, right].map(({ record }) => settingText(record.config, key));
    return to === from ? [] : [`${settings[key].name} ${to!} instead of ${from!}`];
  });
}

function basisOf({ method, seeds: [left, right] }: Difference): string {
  if (method === 'paired') return left === 1 ? 'one seed' : `${left} seeds paired`;
  return `${left} and ${right} seeds, not paired`;
}

function signed(value: number, { write }: ComparedMeasure): string {
  return `${value < 0 ? '-' : '+'}${write(Math.abs(value))}`;
}

function intervalText({ interval }: Difference, measure: ComparedMeasure): string {
  if (interval === null) return '';
  return `[${signed(interval.low, measure)}, ${signed(interval.high, measure)}]`;
}

/** `lower`, `not shown by 3 seeds`, or why nothing can be said. */
export function conclusion({ mean, shown, seeds }: Difference): string {
  const [left, right] = seeds;
  const count = left === right ? `${left} seeds` : `${left} and ${right} seeds`;
  if (shown === null) return 'one seed shows nothing';
  if (!shown) return mean === 0 ? 'equal' : `not shown by ${count}`;
  return mean < 0 ? 'lower' : 'higher';
}

/** How to read the intervals. */
export function readingText(verdicts: readonly VariantComparison[]): string {
  const judged = verdicts.flatMap(({ differences, sameWeights }) => (sameWeights ? [] : differences));
  const methods = new Set(judged.map(({ difference }) => difference.method));
  const count = judged.filter(({ difference }) => difference.interval !== null).length;
  if (count === 0) return 'nothing is shown without several seeds on both sides: train with --seeds 5';
  const tests = [
    ...(methods.has('paired') ? ["Student's t, paired by seed"] : []),
    ...(methods.has('welch') ? ["Welch's t"] : []),
  ];
  const chance =
    count > 1 ? ` Where nothing differs, one in 20 leaves out 0 by chance alone; here are ${count}.` : '';
  return `in brackets: 95 % intervals (${listed(tests)}); one that holds 0 shows no difference.${chance}`;
}
