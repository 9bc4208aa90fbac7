/** The words of a command line that are no options, checked against the declaration of the command. */
import { EngineError } from '../base/errors.js';
import { usageOf, type CommandText, type Word } from './command-help.js';

/** @throws EngineError `usage` for words that are missing, and for more than there may be */
export function checkWords(
  words: readonly string[],
  expected: readonly Word[],
  text: CommandText,
  help: string,
): void {
  const missing = expected.find(({ isOptional }, i) => isOptional !== true && (words[i] ?? '') === '');
  if (missing !== undefined)
    throw new EngineError('usage', `${missing.name} is missing`, {
      expected: missing.help,
      remedy: `see ${help}`,
    });
  const stray = expected.at(-1)?.isRepeated === true ? undefined : words[expected.length];
  if (stray === undefined) return;
  const meant = text.options.find(({ value }) => value !== null && lists(value, stray))?.flag;
  throw new EngineError('usage', `unexpected argument ${JSON.stringify(stray)}`, {
    expected: expected.length === 0 ? 'options only, each beginning with --' : usageOf(text),
    remedy: `${meant === undefined ? '' : `did you mean ${meant} ${stray}? `}see ${help}`,
  });
}

/** Whether a word is one of the values that an option lists: of `0..6|final|all`, `6` and `all`. */
function lists(value: string, word: string): boolean {
  return value.split('|').some((part) => {
    const [, first, last] = /^(\d)\.\.(\d)$/.exec(part) ?? [];
    if (first === undefined) return part === word;
    return /^\d$/.test(word) && word >= first && word <= last!;
  });
}
