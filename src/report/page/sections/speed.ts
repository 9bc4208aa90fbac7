/** How fast it trained, and where a step's time went if that was measured. */
import { percent } from '../../../experiments/format.js';
import { sample } from '../../../base/statistics.js';
import type { ProfileRecord } from '../../../profile/profile-record.js';
import { kernelChart } from '../charts/kernels.js';
import { figures, section, type ChartBook, type Section } from '../document.js';
import { html, table, type Html } from '../html.js';
import type { RunOverSeeds, RunReport } from '../types.js';
import { shownVariants } from '../variants.js';

export async function speed({ summary, profile }: RunReport, book: ChartBook): Promise<Section> {
  const mean = ({ runs }: RunOverSeeds, of: 'seconds' | 'stepsPerSecond'): number =>
    sample(runs.map((run) => run[of])).mean;
  return section(
    'speed',
    'Speed',
    table(
      'Means over seeds. Steps are those of one trial; trials of the same shapes train side by side and share the adapter.',
      [
        ['variant', ({ name }) => name],
        ['seconds', ({ record }) => mean(record, 'seconds').toFixed(1)],
        ['steps per second', ({ record }) => rate(mean(record, 'stepsPerSecond'))],
        ['ms per step', ({ record }) => (1000 / mean(record, 'stepsPerSecond')).toFixed(2)],
      ],
      shownVariants(summary),
    ),
    ...(await profiles(profile ?? [], book)),
  );
}

async function profiles(profile: readonly ProfileRecord[], book: ChartBook): Promise<Html[]> {
  if (profile.length === 0)
    return [
      html`<p class="quiet">Not profiled: --profile tells where a step’s time goes, kernel by kernel.</p>`,
    ];
  return [
    html`<h3>Where a step’s time goes</h3>`,
    await figures(
      book,
      profile.map((group, index) => [kernelChart(group, index + 1), caption(group)] as const),
    ),
  ];
}

function caption(group: ProfileRecord): string {
  const { variants, trials, batch, timedSteps, pace, clock } = group;
  const busy =
    pace.gpuBusyShare === null ? '' : `, adapter busy ${percent(pace.gpuBusyShare, 0)} of the time`;
  const by = clock === 'wall' ? ' Timed by the host’s clock.' : '';
  return `${variants.join(', ')}: ${trials} ${trials === 1 ? 'trial' : 'trials side by side'}, batch ${batch}, ${rate(pace.stepsPerSecond)} steps/s${busy}; ${timedSteps} steps timed. Time per dispatch is a mean.${by}`;
}

/** Three figures, and never fewer than whole numbers have. */
function rate(perSecond: number): string {
  return perSecond < 100 ? perSecond.toFixed(1) : perSecond.toFixed(0);
}
