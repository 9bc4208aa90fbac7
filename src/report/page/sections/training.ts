/** Training and validation curves. */
import { overlayChart, variantChart } from '../charts/curves.js';
import { figures, section, stackedFigures, type ChartBook, type Figures, type Section } from '../document.js';
import { html } from '../html.js';
import type { Summary } from '../../../experiments/summary.js';
import type { RunReport } from '../types.js';
import { commonSetting, isValidated, mostSeeds, shownVariants, type ShownVariant } from '../variants.js';

const quantities = ['loss', 'accuracy'] as const;

export async function training(report: RunReport, book: ChartBook): Promise<Section> {
  const { summary } = report;
  const variants = shownVariants(summary);
  const validated = isValidated(summary.variants);
  const part = validated ? 'validation' : 'training';
  const overlays = quantities.map(
    (quantity) => [overlayChart(variants, quantity, `${part}-${quantity}`), overlayCaption(summary)] as const,
  );
  const key = [
    mostSeeds(summary) > 1 &&
      'Lines are means over seeds as far as all seeds went, bands one standard deviation, thin lines single seeds.',
    validated && 'A dot is the best epoch of a seed, a cross where it stopped early.',
  ];
  return section(
    'curves',
    'Curves',
    html`<p>${key.filter((text) => text !== false).join(' ')}</p>`,
    await figures(book, variants.length === 1 ? [] : overlays),
    html`<h3>Each variant alone</h3>
      <p class="quiet">
        Training figures are measured while training, with dropout on: they can lie below validation.
      </p>`,
    await stackedFigures(
      book,
      variants.map((variant) => variantCharts(variant, variants)),
    ),
  );
}

/** Loss and accuracy of one variant, with their captions. */
export function variantCharts(variant: ShownVariant, neighbours: readonly ShownVariant[]): Figures {
  return quantities.map(
    (quantity) => [variantChart(variant, neighbours, quantity), variantCaption(variant)] as const,
  );
}

/** What the labels of an overlay are. */
export function overlayCaption({ variants, sweep }: Pick<Summary, 'variants' | 'sweep'>): string {
  if (sweep !== undefined && sweep.settings.length > 0) {
    const which = variants.length < sweep.ranking.length ? `The best ${variants.length}` : 'All variants';
    return `${which}, labelled by their ${sweep.settings.join(' / ')}, or by rank.`;
  }
  const setting = commonSetting(variants.map(({ name }) => name)).replace('=', '');
  return `All variants${setting === '' ? '' : `, labelled by their ${setting}`}.`;
}

/** Best epochs and stops of each seed, of the first ones where there are many. */
function variantCaption({ record: { runs } }: ShownVariant): string {
  const best = runs.flatMap((run) => (run.best === null ? [] : [run.best.epoch]));
  const stopped = runs.flatMap((run) => (run.stopped === 'early' ? [run.epochs] : []));
  const [first] = runs;
  if (best.length === 0) return `Ran to epoch ${first!.epochs}.`;
  const listed = (epochs: readonly number[]): string =>
    epochs.slice(0, mostEpochs).join(', ') + (epochs.length > mostEpochs ? ', ...' : '');
  const end = stopped.length === 0 ? `ran to epoch ${first!.epochs}` : `stopped early at ${listed(stopped)}`;
  return `Best at epoch ${listed(best)}; ${end}.`;
}

/** Epochs that a caption lists. */
const mostEpochs = 12;
