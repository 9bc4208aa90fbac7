/** Training and validation curves. */
import { overlayChart, variantChart } from '../charts/curves.js';
import { figures, section, stackedFigures, type ChartBook } from '../document.js';
import { html, type Html } from '../html.js';
import type { RunReport } from '../types.js';
import { commonSetting, shownVariants } from '../variants.js';

export async function training(report: RunReport, book: ChartBook): Promise<Html> {
  const { summary } = report;
  const variants = shownVariants(summary);
  const validated = summary.variants.every(({ runs }) => runs.every(({ best }) => best !== null));
  const several = summary.variants[0]!.runs.length > 1;
  const setting = commonSetting(summary.variants.map(({ name }) => name)).replace('=', '');
  const overlaid = `All variants${setting === '' ? '' : `, labelled by their ${setting}`}.`;
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
          const { runs } = variant.record;
          const best = runs.flatMap((run) => (run.best === null ? [] : [run.best.epoch]));
          const stopped = runs.flatMap((run) => (run.stopped === 'early' ? [run.epochs] : []));
          const caption = [
            ...(best.length === 0 ? [] : [`Best at epoch ${best.join(', ')}`]),
            stopped.length === 0
              ? `ran to epoch ${runs[0]!.epochs}`
              : `stopped early at ${stopped.join(', ')}`,
          ].join('; ');
          return [variantChart(variant, variants, quantity), `${caption}.`] as const;
        }),
      ),
    ),
  );
}
