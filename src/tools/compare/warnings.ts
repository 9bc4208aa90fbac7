/** What stands in the way of comparing two runs. */
import { divergedTrainings } from '../../experiments/index.js';
import type { ComparedRun, ComparedVariant } from './runs.js';

/** Something in which runs differ that is not what they tried. */
export interface Warning {
  readonly about: 'dataset' | 'validation' | 'adapter' | 'versions' | 'source' | 'kernels' | 'diverged';
  readonly text: string;
}

/**
 * Differences in data, adapter and software, and trainings without results, each with what follows from it.
 */
export function warningsOf(contenders: readonly ComparedVariant[]): Warning[] {
  const runs = [...new Set(contenders.map(({ run }) => run))];
  const warnings: Warning[] = [];
  const warn = (about: Warning['about'], what: string, tell: Tell, consequence: string): void => {
    const told = runs.map((run) => ({ run, value: tell(run) })).filter(({ value }) => value !== null);
    const values = new Set(told.map(({ value }) => value));
    if (values.size < 2) return;
    const parts = [...values].map((value) => {
      const names = told.filter((each) => each.value === value).map(({ run }) => run.letter);
      return `${names.join(', ')} ${value!}`;
    });
    warnings.push({ about, text: `${what}: ${parts.join('; ')}. ${consequence}` });
  };
  warn('dataset', 'other data', datasetOf, 'Figures on other images say nothing about each other.');
  if (new Set(contenders.map(({ record }) => record.config.validation)).size > 1)
    warnings.push({
      about: 'validation',
      text: 'other shares are held out for validation. Validation figures are of other images.',
    });
  warn('adapter', 'another adapter', adapterOf, 'Sums are rounded otherwise, so a seed gives other weights.');
  warn('versions', 'other versions', versionsOf, 'What differs may be the program.');
  warn(
    'source',
    'another commit',
    ({ commit }) => commit?.slice(0, 10) ?? null,
    'What differs may be the program.',
  );
  warn('kernels', 'other kernels', kernelsOf, 'Sums are rounded otherwise, so a seed gives other weights.');
  for (const { letter, summary } of runs)
    if (summary.diverged.length > 0)
      warnings.push({
        about: 'diverged',
        text: `trainings of ${letter} diverged: ${divergedTrainings(summary.diverged)}. Those left may be the lucky ones.`,
      });
  return warnings;
}

/** Null where the run does not say. */
type Tell = (run: ComparedRun) => string | null;

function datasetOf({ summary: { dataset } }: ComparedRun): string {
  const { name, train, validation, test, sha256 } = dataset;
  return `${name} (${train + (validation ?? 0)} + ${test} images, sha256 ${sha256.slice(0, 12)})`;
}

function adapterOf({ summary: { adapter } }: ComparedRun): string {
  return `${adapter.description}${adapter.software ? ' (software)' : ''}`;
}

function versionsOf({ summary: { versions } }: ComparedRun): string {
  return Object.entries(versions)
    .map(([name, version]) => `${name} ${version}`)
    .join(' ');
}

function kernelsOf({ summary: { fused, tuning } }: ComparedRun): string {
  return `${fused ? 'fused' : 'not fused'}${tuning === null ? '' : `, tuning ${tuning.file}`}`;
}
