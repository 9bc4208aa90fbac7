/** What the scripts have in common: each runs the command of its name, whose module lies in dist/cli/commands. */
import { existsSync, readdirSync } from 'node:fs';

const folder = new URL('../../dist/cli/commands/', import.meta.url);

/** @param {string | null} name of the command; null: the first argument says it */
export async function run(name) {
  if (!existsSync(folder)) {
    console.error('wgsl-train is not built (dist/ is missing): run ./scripts/setup.sh');
    process.exitCode = 1;
    return;
  }
  const { main } = await import('../../dist/cli/main.js');
  const names = readdirSync(folder).filter((file) => file.endsWith('.js'));
  await main(name, {
    names: names.map((file) => file.slice(0, -'.js'.length)),
    load: async (each) => (await import(new URL(`${each}.js`, folder).href)).command,
  });
}
