/** What a person and a program are told about a run: at its start, after each experiment, and at its end. */
import type { Dataset } from '../data/dataset.js';
import { sentenceOf, type Divergence } from '../train/diverged-error.js';
import {
  caveatOf,
  conclude,
  experimentHeading,
  describeSettings,
  divergenceRecord,
  runRecord,
  selected,
  summarise,
  type Circumstances,
  type ExperimentId,
  type Outcome,
  type PlannedExperiment,
  type Summary,
} from '../experiments/index.js';
import { decimal, percent } from '../experiments/format.js';
import type { Output } from '../base/output.js';
import { resultTable, seriesTable } from './tables.js';
import type { NamedTuning } from '../runs/tuning-file.js';
import { describeTuning } from './session.js';
import { commandLine } from '../platform/command-line.js';
import { platform } from '../platform/index.js';
import { tableColumns, wrap } from '../base/text.js';
import type { TrialState } from '../train/types.js';

type AdapterFacts = Circumstances['adapter'];

export function reportStart(
  output: Output,
  dataset: Dataset,
  adapter: AdapterFacts,
  tuning: NamedTuning | null,
): void {
  const { name, notice, rows, columns, classes, train, test, sha256 } = dataset;
  output.info(`wgsl-train ${platform.versions()['wgsl-train']}`);
  const size = `${train.count.toLocaleString('en')} training and ${test.count.toLocaleString('en')} test images`;
  output.info(`data:    ${name}, ${size} of ${rows}x${columns}, ${classes} classes`);
  if (notice !== undefined) output.info(noticeText(notice));
  output.info(`adapter: ${adapterLine(adapter)}`);
  if (tuning !== null) output.info(`tuning:  ${describeTuning(tuning)}`);
  output.event({
    event: 'start',
    dataset: {
      name,
      sha256,
      notice: notice ?? null,
      train: train.count,
      test: test.count,
      rows,
      columns,
      classes,
    },
    adapter,
    tuning: tuning && { file: tuning.file, sha256: tuning.sha256 },
    versions: platform.versions(),
  });
}

export function reportPlan(
  output: Output,
  { experiment, variants, comparisons, seeds, notes }: PlannedExperiment,
): void {
  const count = `${variants.length} ${variants.length === 1 ? 'variant' : 'variants'}`;
  const over = seeds.length === 1 ? `seed ${seeds[0]!}` : `seeds ${seeds[0]!} to ${seeds.at(-1)!}`;
  output.info(`\n${experimentHeading(experiment)}`);
  output.info(experiment.asks);
  output.info(wrap(`${count}, ${over}: ${describeSettings(variants)}`, tableColumns, '  '));
  if (comparisons.length > 0)
    output.info(`beside them, for comparison only: ${comparisons.map(({ name }) => name).join(', ')}`);
  for (const note of notes) output.info(`changed: ${note}`);
  output.event({
    event: 'experiment',
    experiment: experiment.id,
    title: experiment.title,
    seeds,
    variants,
    comparisons,
    notes,
  });
}

/** Table, divergences, selection and conclusions of a finished experiment. */
export function reportExperiment(
  output: Output,
  outcome: Outcome,
  circumstances: Omit<Circumstances, 'conclusions'>,
): Summary {
  const { plan, data, variants, comparisons, diverged, reused } = outcome;
  const { experiment } = plan;
  const conclusions = conclude(outcome);
  const summary = summarise(outcome, { ...circumstances, conclusions });
  for (const { name, runs } of [...variants, ...comparisons])
    for (const run of runs)
      output.event({ event: 'result', experiment: experiment.id, variant: name, ...runRecord(run) });
  const place = circumstances.adapter.software ? `${data.name}, software adapter` : data.name;
  output.result(`\n${output.bold(`${experimentHeading(experiment)} (${place})`)}\n`);
  output.result(resultTable(outcome));
  if (reused > 0)
    output.result(
      `taken over from earlier experiments of this series: ${reused} ${reused === 1 ? 'run' : 'runs'}`,
    );
  reportDivergences(output, experiment.id, diverged);
  const { variant, run, reason } = selected(outcome);
  const choice =
    `selected: ${variant.name}, seed ${run.trial.seed} (${reason}); ` +
    `test accuracy ${percent(run.test.accuracy, 2)}, test loss ${decimal(run.test.loss)}`;
  output.result(`\n${wrap(choice, tableColumns, '  ')}`);
  for (const text of conclusions) output.event({ event: 'conclusion', experiment: experiment.id, text });
  const { lines, left } = shownConclusions(conclusions, caveatOf(outcome));
  output.result(`\n${output.bold('what it shows')}${left === 0 ? '' : ` (${left} more in the report)`}`);
  output.result(lines.join('\n'));
  return summary;
}

const mostConclusionLines = 5;

/** As many conclusions as fit, one at least, and the caveat that holds for all of them. */
function shownConclusions(
  conclusions: readonly string[],
  caveat: string | null,
): { readonly lines: readonly string[]; readonly left: number } {
  const linesOf = (text: string): string[] => wrap(`- ${text}`, tableColumns, '  ').split('\n');
  const last = caveat === null ? [] : linesOf(caveat);
  const room = mostConclusionLines - last.length;
  const lines: string[] = [];
  let left = 0;
  for (const text of conclusions) {
    if (text === caveat) continue;
    const own = linesOf(text);
    if (lines.length + own.length <= room) lines.push(...own);
    else {
      left++;
      if (lines.length === 0) lines.push(...own.slice(0, room - 1), '  ...');
    }
  }
  return { lines: [...lines, ...last], left };
}

export function reportDivergences(
  output: Output,
  experiment: ExperimentId,
  diverged: readonly Divergence[],
): void {
  if (diverged.length === 0) return;
  output.result('\ndiverged');
  for (const divergence of diverged)
    output.result(wrap(`- ${sentenceOf(divergence)}; ${divergence.remedy}`, tableColumns, '  '));
  divergedEvents(output, experiment, diverged);
}

export function divergedEvents(
  output: Output,
  experiment: ExperimentId,
  diverged: readonly Divergence[],
): void {
  for (const divergence of diverged)
    output.event({ event: 'diverged', experiment, ...divergenceRecord(divergence) });
}

export function reportSeries(output: Output, outcomes: readonly Outcome[]): void {
  const { data, plan } = outcomes[0]!;
  const seeds = plan.seeds.length === 1 ? 'one seed' : `means over ${plan.seeds.length} seeds`;
  const mode = outcomes.at(-1)!.variants[0]!.config.decay;
  output.result(`\nThe series: here (${data.name}, ${seeds}) | as published (full KMNIST, one run each)\n`);
  output.result(seriesTable(outcomes));
  output.result(
    wrap(
      'epochs: the last one; train, val, test: accuracy in % (training in the last epoch, validation in the best; published: ' +
        `best or last); loss: validation, in the last epoch. Decay here is ${mode}${mode === 'l2' ? ', as in the series' : '; the series used l2 (--decay l2)'}.`,
      tableColumns,
    ),
  );
}

/** The end of a run: where the report is, and what to do next. */
export function reportEnd(
  output: Output,
  { notice }: Dataset,
  { path, report }: Readonly<Record<'path' | 'report', string>>,
  exitCode: number,
): void {
  output.result('');
  if (notice !== undefined) output.result(noticeText(notice));
  output.result(`report:  ${report}`);
  output.info(`next:    ${commandLine('serve')} shows all runs in the browser`);
  output.event({ event: 'done', path, exitCode });
}

function noticeText(notice: string): string {
  return wrap(`NOTICE:  ${notice}`, tableColumns, '         ');
}

function adapterLine({ description, software }: AdapterFacts): string {
  return software ? `${description} (a software adapter: the CPU runs the shaders)` : description;
}

/** Says from where an experiment's trainings resume, if any does. @param states null: begins */
export function tellResumed(
  output: Output,
  experiment: ExperimentId,
  states: readonly (TrialState | null)[],
): void {
  const known = states.filter((state) => state !== null);
  if (known.length === 0) return;
  for (const { trial, last, stopped } of known) {
    const { variant, seed } = trial;
    output.event({
      event: 'resumed',
      experiment,
      variant,
      seed,
      epoch: last.epoch,
      step: last.step,
      stopped,
    });
  }
  const done = known.filter(({ stopped }) => stopped !== null).length;
  const going = known.filter(({ stopped }) => stopped === null).map(placeOf);
  const begin = states.length - known.length;
  const parts = [
    ...[...new Set(going)].map(
      (place) => `${count(going.filter((each) => each === place).length)} from ${place}`,
    ),
    ...(done > 0 ? [`${count(done)} done`] : []),
    ...(begin > 0 ? [`${count(begin)} from the beginning`] : []),
  ];
  output.info(`continues: ${parts.join(', ')}`);
}

function placeOf({ last }: TrialState): string {
  return last.step === 0 ? `the end of epoch ${last.epoch}` : `epoch ${last.epoch + 1}, step ${last.step}`;
}

function count(trainings: number): string {
  return `${trainings} ${trainings === 1 ? 'training' : 'trainings'}`;
}
