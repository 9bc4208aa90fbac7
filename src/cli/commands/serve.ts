/** scripts/serve.js: a local page that lists runs and follows those that are training. */
import { realpathSync, statSync } from 'node:fs';
import { EngineError, exitCodes } from '../../base/errors.js';
import { runsDirectory } from '../../runs/index.js';
import { parseWords, type OptionSpec } from '../arguments.js';
import { exitCodeOf, type CommandContext } from '../command.js';
import { helpText } from '../help.js';
import { commandOutput } from '../output.js';
import type { RunServer } from '../../tools/serve/server.js';
import { stopKindOf } from '../stop.js';
import { wholeNumber } from '../values.js';

const helpCommand = 'node scripts/serve.js --help';

const usualPort = 8420;

export const serveOptions: readonly OptionSpec[] = [
  {
    flag: '--port',
    value: 'N',
    help: `the port on 127.0.0.1, 0 for any that is free (default ${usualPort}, or any if that is taken)`,
  },
  { flag: '--json', value: null, help: 'one JSON object per line on stdout; text for people goes to stderr' },
  { flag: '--quiet', value: null, help: 'the address only' },
  { flag: '--help', value: null, help: 'this text' },
];

/** @returns the exit code, once it was asked to end; never throws */
export function serveCommand(argv: readonly string[], context: CommandContext): Promise<number> {
  const { stdout, stderr, signal } = context;
  const output = commandOutput(argv, { stdout, stderr });
  return exitCodeOf(output, signal, async () => {
    const { values, words } = parseWords(serveOptions, argv, helpCommand);
    if (values.has('--help')) {
      output.result(
        helpText(`node scripts/serve.js [DIR, default ${runsDirectory}] [options]`, serveOptions),
      );
      return 0;
    }
    const asked = values.get('--port');
    const port = asked === undefined ? null : wholeNumber('--port', asked, 0, 65_535);
    const root = directoryOf(words);
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
  });
}

/** @throws EngineError `usage` for stray words, `no-data` if there is no such directory */
function directoryOf(words: readonly string[]): string {
  const [directory = runsDirectory, stray] = words;
  if (stray !== undefined)
    throw new EngineError('usage', `unexpected argument ${JSON.stringify(stray)}`, {
      expected: 'one directory with runs in it',
      remedy: `see ${helpCommand}`,
    });
  const isDirectory = statSync(directory, { throwIfNoEntry: false })?.isDirectory();
  if (isDirectory === true) return realpathSync(directory);
  throw new EngineError('no-data', `there are no runs in ${directory}`, {
    found: isDirectory === undefined ? 'no such directory' : 'no directory',
    expected: 'the directory that holds the directories of runs',
    remedy: 'train first: node scripts/train.js --exp 6',
  });
}

async function start(root: string, port: number | null): Promise<RunServer> {
  // Drawing takes a while to load, and no other command needs it.
  const { startServer } = await import('../../tools/serve/server.js');
  if (port !== null) return startServer({ root, port });
  try {
    return await startServer({ root, port: usualPort });
  } catch {
    return startServer({ root, port: 0 });
  }
}

function whenAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => {
      resolve();
    });
  });
}
