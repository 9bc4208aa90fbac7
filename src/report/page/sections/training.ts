/** Training and validation curves. */
import { overlayChart, variantChart } from '../charts/curves.js';
import { figures, section, stackedFigures, type ChartBook, type Section } from '../document.js';
import { html } from '../html.js';
import type { Summary } from '../../../experiments/summary.js';
import type { RunReport } from '../types.js';
import { commonSetting, mostSeeds, shownVariants, type ShownVariant } from '../variants.js';

export async function training(report: RunReport, book: ChartBook): Promise<Section> {
  const { summary } = report;
  const variants = shownVariants(summary);
  const validated = summary.variants.every(({ runs }) => runs.every(({ best }) => best !== null));
  const several = mostSeeds(summary) > 1;
  const overlaid = overlayCaption(summary);
  const key = [
    ...(several
      ? [
          'Lines are means over seeds as far as all seeds went, bands one standard deviation, thin lines single seeds.',
        ]
      : []),
    ...(validated ? ['A dot is the best epoch of a seed, a cross where it stopped early.'] : []),
  ].join(' ');
  return section(
    'curves',
    'Curves',
    html`<p>${key}</p>`,
    await figures(
      book,
      variants.length === 1
        ? []
        : [
            [overlayChart(variants, 'loss', validated ? 'validation-loss' : 'training-loss'), overlaid],
            [
              overlayChart(variants, 'accuracy', validated ? 'validation-accuracy' : 'training-accuracy'),
              overlaid,
            ],
          ],
    ),
    html`<h3>Each variant alone</h3>
      <p class="quiet">
        Training figures are measured while training, with dropout on: they can lie below validation.
      </p>`,
    await stackedFigures(
      book,
      variants.map((variant) =>
        (['loss', 'accuracy'] as const).map((quantity) => {
          return [variantChart(variant, variants, quantity), variantCaption(variant)] as const;
        }),
      ),
    ),
  );
}

/** What the labels of an overlay are. */
export function overlayCaption({ variants }: Pick<Summary, 'variants'>): string {
  const setting = commonSetting(variants.map(({ name }) => name)).replace('=', '');
  return `All variants${setting === '' ? '' : `, labelled by their ${setting}`}.`;
}

/** Best epochs and stops of each seed. */
export function variantCaption({ record: { runs } }: ShownVariant): string {
  const best = runs.flatMap((run) => (run.best === null ? [] : [run.best.epoch]));
  const stopped = runs.flatMap((run) => (run.stopped === 'early' ? [run.epochs] : []));
  const [first] = runs;
  if (best.length === 0) return `Ran to epoch ${first!.epochs}.`;
  const end =
    stopped.length === 0 ? `ran to epoch ${first!.epochs}` : `stopped early at ${stopped.join(', ')}`;
  return `Best at epoch ${best.join(', ')}; ${end}.`;
}
