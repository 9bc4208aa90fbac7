/** The validation curves of all contenders over each other. */
import { overlayChart } from '../../report/page/charts/curves.js';
import { renderChart } from '../../report/page/charts/render.js';
import { commonSetting } from '../../report/page/variants.js';
import type { Contender } from './runs.js';

/** Mean and spread over seeds by epoch, as one SVG document. Training loss where a run has no validation. */
export async function overlaySvg(contenders: readonly Contender[]): Promise<string> {
  const runs = new Set(contenders.map(({ run }) => run));
  const prefix = commonSetting(contenders.map(({ record }) => record.name));
  const variants = contenders.map(({ run, record, name }, index) => {
    const short = name.replace(prefix, '');
    return {
      record,
      name: `${run.letter} ${name}`,
      label: runs.size > 1 ? `${run.letter} ${short}` : short,
      index,
    };
  });
  return renderChart(overlayChart(variants, 'loss', 'compare'));
}
