import { describe, expect, expectTypeOf, it } from 'vitest';
import { EngineError } from '../base/errors.js';
import {
  readCommandLine,
  switchOption,
  withDefaults,
  type Option,
  type OptionWithDefault,
} from './option.js';

const epochs: Option<number> = {
  flag: '--epochs',
  value: 'N',
  help: 'how many',
  read: (text, flag) => {
    if (/^\d+$/.test(text)) return Number(text);
    throw new EngineError('usage', `${flag} cannot be ${text}`);
  },
};
const rounds: OptionWithDefault<number> = { ...epochs, flag: '--rounds', standard: 5 };
const run: Option<string> = {
  flag: '--run',
  value: '[RUN]',
  help: 'which',
  read: (text) => text,
  bare: 'latest',
};
const rate: Option<string> = {
  flag: '--lr',
  value: 'X',
  help: 'rate',
  read: (text) => text,
  synonyms: ['--learning-rate'],
};
const help = { ...switchOption('--help', 'this text'), short: '-h' };
const options = { epochs, rounds, run, rate, help };

const read = (...argv: string[]): ReturnType<typeof readCommandLine<typeof options>> =>
  readCommandLine(options, argv, 'COMMAND --help');
const refusal = (...argv: string[]): string => {
  try {
    read(...argv);
  } catch (error) {
    if (error instanceof EngineError && error.kind === 'usage') return error.describe();
  }
  throw new Error(`not refused: ${argv.join(' ')}`);
};

describe('a command line', () => {
  it('becomes values by the names of their declarations', () => {
    expect(read('--epochs', '3', 'a', '--help', '--run=b', '-', 'c')).toEqual({
      given: { epochs: 3, help: true, run: 'b' },
      words: ['a', '-', 'c'],
    });
    expect(read('--', '--epochs')).toEqual({ given: {}, words: ['--epochs'] });
    expect(read('-h').given).toEqual({ help: true });
  });

  it('has defaults for what is not given, of the declared types', () => {
    const values = withDefaults(options, read('--epochs', '3').given);
    expect(values).toEqual({ epochs: 3, rounds: 5, run: undefined, rate: undefined, help: false });
    expectTypeOf(values.rounds).toEqualTypeOf<number>();
    expectTypeOf(values.epochs).toEqualTypeOf<number | undefined>();
    expectTypeOf(values.help).toEqualTypeOf<boolean>();
  });

  it('may leave out the value of an option that says what its flag alone stands for', () => {
    expect(read('--run').given.run).toBe('latest');
    expect(read('--run', '--help').given).toEqual({ run: 'latest', help: true });
    expect(read('--run', 'a').given.run).toBe('a');
  });

  it.each([
    [['--epochs', 'x'], '--epochs cannot be x'],
    [['--epochs'], '--epochs needs a value\n  found:    the end of the command line\n  expected: --epochs N'],
    [['--epochs', '--help'], 'found:    "--help"'],
    [['--epochs='], 'found:    an empty value'],
    [['--run='], '--run needs a value'],
    [['--epochs', '-1'], '--epochs cannot be -1'],
    [['--epochs', '1', '--epochs=2'], '--epochs was given 2 times\n  found:    --epochs 1 --epochs 2'],
    [['--help=yes'], '--help takes no value\n  found:    --help=yes\n  expected: --help alone'],
    [['--hepl'], 'unknown option --hepl: did you mean --help?'],
    [['--learning-rate=1'], 'unknown option --learning-rate: did you mean --lr?'],
  ])('is refused: %j', (argv, message) => {
    expect(refusal(...argv)).toContain(message);
  });

  it('with an unknown option is told what was meant, and no list of others', () => {
    expect(refusal('--nonsense')).toBe('unknown option --nonsense\n  remedy:   see COMMAND --help');
  });
});
