/** The commands of this program. */
import { runAsProcess } from './command.js';
import { defineGroup, type Subcommands } from './define-command.js';

/**
 * Runs a command with this process's arguments, and sets the exit code.
 * @param name of the command; null: the first argument says it
 */
export async function main(name: string | null, commands: Subcommands): Promise<void> {
  const command =
    name === null
      ? defineGroup(
          {
            name: '',
            group: 'train',
            summary: 'train small networks on the GPU, and look at what they learned',
          },
          commands,
        )
      : await commands.load(name);
  await runAsProcess(command.execute);
}
