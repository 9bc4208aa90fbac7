/** Splits a command line into words and options, where a command takes both. */
import type { OptionSpec } from '../arguments.js';

export interface Words {
  /** What is no option and no option's value, in its order. */
  readonly words: readonly string[];
  /** The rest, for `parseArguments`. */
  readonly options: readonly string[];
}

/** Everything behind `--` is a word, as is `-` alone; whether options are known ones is for `parseArguments` to say. */
export function splitWords(specs: readonly OptionSpec[], argv: readonly string[]): Words {
  const takesValue = new Set(specs.filter(({ value }) => value !== null).map(({ flag }) => flag));
  const words: string[] = [];
  const options: string[] = [];
  for (let i = 0; i < argv.length; i++) {
    const word = argv[i]!;
    if (word === '--') return { words: [...words, ...argv.slice(i + 1)], options };
    if (!word.startsWith('-') || word === '-') words.push(word);
    else if (takesValue.has(word) && i + 1 < argv.length) options.push(word, argv[++i]!);
    else options.push(word);
  }
  return { words, options };
}
