/** The machine, as far as the checks ask it; tests put another one in its place. */
import { execFile } from 'node:child_process';
import { homedir } from 'node:os';
import { fileURLToPath } from 'node:url';

export interface World {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly platform: NodeJS.Platform;
  readonly arch: string;
  readonly nodeVersion: string;
  /** The version of the C library that Node runs on; undefined where that is no glibc. */
  readonly glibc: string | undefined;
  readonly home: string;
  /** Before every absolute path of the system; `''` outside of tests. */
  readonly root: string;
  /** Where package.json lies, with a separator at its end. */
  readonly project: string;
  /** Runs a program. @returns its standard output, undefined if it failed or is not there */
  readonly ask: (command: string, args: readonly string[]) => Promise<string | undefined>;
}

/** Beside `src` and `dist` alike. */
const project = fileURLToPath(new URL('../../../', import.meta.url));

export function thisMachine(): World {
  const report = process.report.getReport() as {
    readonly header?: { readonly glibcVersionRuntime?: string };
  };
  return {
    env: process.env,
    platform: process.platform,
    arch: process.arch,
    nodeVersion: process.versions.node,
    glibc: report.header?.glibcVersionRuntime,
    home: homedir(),
    root: '',
    project,
    ask,
  };
}

function ask(command: string, args: readonly string[]): Promise<string | undefined> {
  return new Promise((resolve) => {
    execFile(command, [...args], { cwd: project, timeout: 20_000 }, (error, stdout) => {
      resolve(error === null ? stdout : undefined);
    });
  });
}
