import type { TrialState } from '../../train/state.js';
import type { ExperimentId } from '../../experiments/index.js';
import type { Output } from '../../base/output.js';

/**
 * Says from where the trainings of an experiment go on, if any does. @param states null for a trial that
 * begins
 */
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
