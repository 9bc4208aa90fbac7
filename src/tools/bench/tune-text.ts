/** What tuning measured, in plain text. */
import { significant, type Quartiles } from './spread.js';
import { worthwhile, type ProductVerdict, type VariantVerdict } from './tune-verdict.js';
import { alignedTable, textColumns, wrap } from '../../base/text.js';

const range = ({ low, high }: Quartiles, write: (value: number) => string): string =>
  `${write(low)}-${write(high)}`;

/** `1.23x`. */
const times = (value: number): string => `${value.toFixed(2)}x`;

/** One block per product: its op, kernel and shape, and below it a line for each variant. */
export function tuneTable(verdicts: readonly ProductVerdict[]): string {
  const heading = ['variant', 'µs', 'quartiles', 'GFLOP/s', 'speed', 'quartiles', ''];
  const rows = verdicts.flatMap((verdict) => verdict.variants.map((variant) => row(variant, verdict)));
  const [head, ...lines] = alignedTable([heading, ...rows]).split('\n');
  const blocks = verdicts.flatMap(({ ops, product, variants }) => [
    `${ops.join(', ')}: ${product.kernel}, ${product.rows}x${product.columns}x${product.inner}`,
    ...lines.splice(0, variants.length),
  ]);
  return [head, ...blocks].join('\n');
}

function row(each: VariantVerdict, { rule, fastest, choice }: ProductVerdict): string[] {
  const { variant, time, gflopsPerSecond, speedup } = each;
  const marks = [
    ...(variant === rule ? ['rule'] : []),
    ...(variant === fastest ? ['fastest'] : []),
    ...(variant === choice && variant !== rule ? ['chosen'] : []),
  ];
  return [
    `  ${variant}`,
    significant(time.median),
    range(time, significant),
    significant(gflopsPerSecond),
    times(speedup.median),
    variant === rule ? '' : range(speedup, (value) => value.toFixed(2)),
    marks.join(', '),
  ];
}

/** What the table's columns are. */
export function tuneLegend(rounds: number): string {
  return wrap(
    `rows x columns x inner of the product; µs per dispatch and GFLOP/s: medians of ${rounds} rounds; speed: how many times as fast ` +
      `as the rule's choice, median of the rounds' own ratios; chosen: faster than the rule's choice by more than ` +
      `${100 * worthwhile} % and by more ` +
      'than the distance between the quartiles of these ratios',
    textColumns,
  );
}

/** What the choices come to over a step. */
export function stepText(batch: number, ruleUs: number, choiceUs: number): string {
  const rules = `batch ${batch}: the products of a step take ${significant(ruleUs)} µs as the rules choose`;
  const chosen =
    ruleUs === choiceUs
      ? '; no other choice is faster by more than the spread'
      : `, ${significant(choiceUs)} µs as chosen here (${times(ruleUs / choiceUs)})`;
  return wrap(rules + chosen, textColumns, '  ');
}
