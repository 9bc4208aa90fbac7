/** Fetches, checks, finds, converts and shows data sets. */
import { type Command } from '../command.js';
import { defineGroup } from '../group.js';
import { fetchCommand, pathCommand } from '../data/fetch.js';
import { importCommand } from '../data/import.js';
import type { DataWorld } from '../data/settings.js';
import { showCommand } from '../data/show.js';
import { verifyCommand } from '../data/verify.js';

/** @param world stands in for the environment, the official files and the patience of downloads in tests */
export function data(world: DataWorld = { env: process.env }): Command {
  const commands = {
    fetch: fetchCommand(world),
    verify: verifyCommand(world),
    path: pathCommand(world),
    import: importCommand,
    show: showCommand(world),
  };
  return defineGroup(
    { name: 'data', group: 'data', summary: 'fetch, check, find, convert and show data sets' },
    {
      names: Object.keys(commands),
      load: (name) => Promise.resolve(commands[name as keyof typeof commands]),
    },
  );
}

export const command = data();
