/** A local page that lists runs and follows those that are training. */
import { realpathSync, statSync } from 'node:fs';
import { unreadable } from '../../base/bad-file.js';
import { EngineError, exitCodes } from '../../base/errors.js';
import { commandLine } from '../../platform/command-line.js';
import { runsDirectory } from '../../runs/index.js';
import { openAtUsualPort, type LocalServer } from '../../tools/serve/local-server.js';
import { defineCommand } from '../command.js';
import { counted } from '../shared-options.js';
import { stopKindOf, whenAborted } from '../stop.js';

const usualPort = 8420;

export const command = defineCommand({
  name: 'serve',
  group: 'results',
  summary: 'show runs in the browser, and follow those that are training',
  words: [{ name: 'DIR', help: `a directory with runs in it (default ${runsDirectory})`, isOptional: true }],
  options: {
    port: counted(
      '--port',
      'N',
      `the port on 127.0.0.1, 0 for any that is free (default ${usualPort}, or any if that is taken)`,
      [0, 65_535],
    ),
  },
  quiet: 'the address only',
  run: async ({ words, port = null }, { output, signal }) => {
    const root = directoryOf(words[0] ?? runsDirectory);
    const server = await start(root, port);
    try {
      output.event({ event: 'serving', url: server.url, directory: root });
      output.result(server.url);
      output.info(`the runs in ${root}, for this machine only; Ctrl-C ends it`);
      await whenAborted(signal);
    } finally {
      await server.close();
    }
    return exitCodes[stopKindOf(signal)];
  },
});

/** @throws EngineError `no-data` if there is no such directory */
function directoryOf(directory: string): string {
  let isDirectory: boolean | undefined;
  try {
    isDirectory = statSync(directory, { throwIfNoEntry: false })?.isDirectory();
    if (isDirectory === true) return realpathSync(directory);
  } catch (cause) {
    throw unreadable(directory, cause);
  }
  throw new EngineError('no-data', `there are no runs in ${directory}`, {
    found: isDirectory === undefined ? 'no such directory' : 'no directory',
    expected: 'the directory that holds the directories of runs',
    remedy: `train first: ${commandLine('train', '--exp 6')}`,
  });
}

async function start(root: string, port: number | null): Promise<LocalServer> {
  // Drawing takes a while to load, and no other command needs it.
  const { startServer } = await import('../../tools/serve/server.js');
  return openAtUsualPort(port, usualPort, (each) => startServer({ root, port: each }));
}
