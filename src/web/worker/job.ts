/** What is trained, and what is said of it. */
import {
  assumedFormat,
  inputFormat,
  type Dataset,
  type NamedParameters,
  type TrialResult,
} from '../../browser.js';
import { commandOf } from '../logic/command.js';
import type { AskedTraining, DataFacts, SavedTraining, TrialOutcome } from '../protocol.js';
import type { KnownNetwork } from './networks.js';

/** What is to be trained, its data at hand. */
export interface Job {
  readonly asked: AskedTraining;
  readonly facts: DataFacts;
  readonly dataset: Dataset;
  /** Whether the browser keeps checkpoints for the page. */
  readonly isKept: boolean;
}

/** A trained network, for files. */
export interface Trained {
  readonly result: TrialResult;
  readonly parameters: NamedParameters;
}

/** What is said of a training that can be resumed. */
export function savedText({ asked, facts }: Pick<Job, 'asked' | 'facts'>): SavedTraining {
  const names = asked.trials.map(({ name }) => name).join(' and ');
  return {
    text: `A training of ${names} on ${facts.title} is not finished. It resumes from its last checkpoint.`,
  };
}

export function outcomeOf({ asked }: Job, trial: number, { result }: Trained): TrialOutcome {
  const { test, history, stopped, seconds, weightsSha256 } = result;
  const command = commandOf(asked.data, asked.trials[trial]!);
  return { test, epochs: history.length, stopped, seconds, weightsSha256, command };
}

export function networkOf(
  { asked, dataset }: Job,
  trial: number,
  parameters: NamedParameters,
  when: string,
): KnownNetwork {
  const { rows, columns, classNames } = dataset;
  const { name } = asked.trials[trial]!;
  const title = asked.trials.length === 1 ? 'The network trained here' : `Trained here: ${name}`;
  return {
    parameters,
    format: inputFormat(dataset) ?? assumedFormat({ rows, columns }),
    facts: { id: `trial-${trial}`, title, about: `${name}, ${when}, on ${dataset.name}.`, classNames },
  };
}
