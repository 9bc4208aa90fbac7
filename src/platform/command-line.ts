/** How this project's commands are called where it runs, for messages that name one. */
import { platform } from './index.js';

/**
 * `node scripts/train.js --help`, or `npx wgsl-train train --help` where the package is installed.
 * @param name of the command; `data fetch` for one that `data` has, `''` for the bin itself
 */
export function commandLine(name: string, ...words: readonly string[]): string {
  return platform.commandLine([...name.split(' '), ...words]);
}
