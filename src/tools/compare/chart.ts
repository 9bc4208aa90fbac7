/** The validation curves of all contenders over each other. */
import { overlayChart } from '../../report/page/charts/curves.js';
import { renderChart } from '../../report/page/charts/render.js';
import { commonSetting } from '../../report/page/variants.js';
import { contenderName, type ComparedVariant } from './runs.js';

/** Mean and spread over seeds by epoch, as one SVG document. Training loss where a run has no validation. */
export async function overlaySvg(contenders: readonly ComparedVariant[]): Promise<string> {
  const variants = contenders.map((contender, index) => ({
    record: contender.record,
    name: contenderName(contender),
    label: labelOf(contender, contenders),
    index,
  }));
  return renderChart(overlayChart(variants, 'loss', 'compare'));
}

/** As short as it can be, because a label takes its room from the curves; the table has the whole names. */
function labelOf({ run, name }: ComparedVariant, contenders: readonly ComparedVariant[]): string {
  const ofRun = contenders.filter((each) => each.run === run);
  const short = name.replace(commonSetting(ofRun.map(({ record }) => record.name)), '');
  if (ofRun.length === contenders.length) return short;
  return ofRun.length === 1 ? run.letter : `${run.letter} ${short}`;
}
