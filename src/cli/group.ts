/** Commands by the word that names them. */
import { EngineError } from '../base/errors.js';
import { suggest } from '../base/suggest.js';
import { commandLine } from '../platform/command-line.js';
import { commandList, type CommandText } from './command-help.js';
import { exitCodeOf, shared, tellVersion, type Command } from './command.js';
import { readCommandLine, underAll } from './option.js';
import { commandOutput } from './output.js';

/** Commands that are called by a word behind the name of theirs, loaded when they are. */
export interface Subcommands {
  readonly names: readonly string[];
  readonly load: (name: string) => Promise<Command>;
}

/** The command whose first word names another one: `data fetch`, and `wgsl-train train` itself (no name). */
export function defineGroup(
  spec: Omit<CommandText, 'options' | 'words'>,
  { names, load }: Subcommands,
): Command {
  const { name } = spec;
  const help = commandLine(name, '--help');
  const text: CommandText = { ...spec, words: [], options: Object.values(underAll('output', shared)) };
  return {
    ...text,
    execute: async (argv, context) => {
      const first = argv.findIndex(isWord);
      const isHelp = argv[first] === 'help';
      const rest = isHelp ? argv.toSpliced(first, 1) : argv;
      const word = rest.find(isWord);
      if (word !== undefined && names.includes(word)) {
        const behind = rest.toSpliced(rest.indexOf(word), 1);
        const command = await load(word);
        return command.execute(isHelp ? ['--help', ...behind] : behind, context);
      }
      return exitCodeOf(commandOutput(argv, context), context.signal, async (output) => {
        if (word !== undefined) throw unknownCommand(name, word, names, help);
        const { given } = readCommandLine(shared, rest, help);
        if (given.version === true) {
          tellVersion(output, argv);
          return 0;
        }
        const commands = await Promise.all(names.map((each) => load(each)));
        if (given.help === true || isHelp) {
          output.result(commandList(text, commands, output.bold));
          return 0;
        }
        context.stderr.write(`${commandList(text, commands, (heading) => heading)}\n\n`);
        throw new EngineError('usage', 'no command was named', { remedy: `see ${help}` });
      });
    },
  };
}

function isWord(word: string): boolean {
  return !word.startsWith('-');
}

/** What `npx wgsl-train` runs. */
export function program(commands: Subcommands): Command {
  const summary = 'train small networks on the GPU, and look at what they learned';
  return defineGroup({ name: '', group: 'train', summary }, commands);
}

function unknownCommand(of: string, word: string, known: readonly string[], help: string): EngineError {
  const meant = suggest(word, known);
  const name = of === '' ? word : `${of} ${word}`;
  const question = meant === undefined ? '' : `: did you mean ${meant}?`;
  return new EngineError('usage', `there is no command ${JSON.stringify(name)}${question}`, {
    remedy: `see ${help}`,
  });
}
