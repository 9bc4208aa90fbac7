/** Commands that are not declared yet, as those that are. */
import type { CommandFunction } from './command.js';
import type { Command } from './define-command.js';

export function legacyCommand(
  text: Pick<Command, 'name' | 'group' | 'summary'>,
  execute: CommandFunction,
): Command {
  return { ...text, words: [], options: [], execute };
}
