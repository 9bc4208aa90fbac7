/**
 * What the scripts have in common: each runs the command of its name, whose module lies in dist/cli/commands.
 */
import { existsSync, readdirSync } from 'node:fs';

const folder = new URL('../../dist/cli/commands/', import.meta.url);

/** @param {string | null} name of the command; null: the first argument says it */
export async function run(name) {
  if (!existsSync(folder)) {
    console.error('wgsl-train is not built (dist/ is missing): run ./scripts/setup.sh');
    process.exitCode = 1;
    return;
  }
  const { runAsProcess } = await import('../../dist/cli/command.js');
  const load = async (each) => (await import(new URL(`${each}.js`, folder).href)).command;
  if (name !== null) return runAsProcess((await load(name)).execute);
  const { program } = await import('../../dist/cli/group.js');
  const files = readdirSync(folder).filter((file) => file.endsWith('.js'));
  const names = files.map((file) => file.slice(0, -'.js'.length));
  return runAsProcess(program({ names, load }).execute);
}
