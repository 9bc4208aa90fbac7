import { EngineError } from '../base/errors.js';

/** The run that a command line names first. @throws EngineError `usage` if there is none */
export function firstRun(words: readonly string[], helpCommand: string): string {
  const [run] = words;
  if (run !== undefined && run !== '') return run;
  throw new EngineError('usage', 'no run was named', {
    expected: 'the directory of a run, such as runs/final-20261122-171530, or latest',
    remedy: `see ${helpCommand}`,
  });
}

/** The only word of a command line, which names a run. @throws EngineError `usage` if there are none, or more */
export function oneRun(words: readonly string[], helpCommand: string): string {
  const run = firstRun(words, helpCommand);
  if (words.length === 1) return run;
  throw new EngineError('usage', `unexpected argument ${JSON.stringify(words[1])}`, {
    expected: 'one run',
    remedy: `see ${helpCommand}`,
  });
}
