/** scripts/train.js as a process of its own, with faults between it and Dawn. It runs the built engine. */
import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import ts from 'typescript';
import type { Fault } from './faulty-webgpu.js';
import type { Use } from './substitute.js';

const script = fileURLToPath(new URL('../../../scripts/train.js', import.meta.url));
const modules = ['preload', 'hooks', 'substitute', 'faulty-webgpu', 'calls'];

/** Compiles what a process needs that has no TypeScript. @returns the URL for `node --import` */
export function compilePreload(directory: string): string {
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, 'package.json'), '{ "type": "module" }');
  for (const name of modules) {
    const text = readFileSync(new URL(`${name}.ts`, import.meta.url), 'utf8');
    const { outputText } = ts.transpileModule(text, {
      compilerOptions: {
        target: ts.ScriptTarget.ES2023,
        module: ts.ModuleKind.ESNext,
        verbatimModuleSyntax: true,
      },
    });
    writeFileSync(join(directory, `${name}.js`), outputText);
  }
  return pathToFileURL(join(directory, 'preload.js')).href;
}

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
  /** One for each device that it opened. */
  readonly uses: readonly Use[];
  /** Whether a process is left that it started. */
  readonly orphaned: boolean;
}

/** @param faults one for each device that is opened */
export function runTrainJs(
  home: string,
  preload: string,
  argv: readonly string[],
  faults: readonly (Fault | null)[],
): Promise<Ended> {
  const log = join(home, `log-${performance.now()}.json`);
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['--import', preload, script, ...argv], {
      cwd: home,
      // A process group of its own, so that what it leaves behind can be seen.
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        ...process.env,
        WGSL_TRAIN_CACHE: join(home, 'cache'),
        WGSL_TRAIN_TEST_FAULTS: JSON.stringify(faults),
        WGSL_TRAIN_TEST_LOG: log,
      },
    });
    const texts = { stdout: '', stderr: '' };
    for (const name of ['stdout', 'stderr'] as const)
      child[name].setEncoding('utf8').on('data', (text: string) => {
        texts[name] += text;
      });
    child.on('error', reject);
    child.on('close', (code, signal) => {
      const uses = JSON.parse(readFileSync(log, 'utf8')) as Use[];
      resolve({ code, signal, ...texts, uses, orphaned: isAlive(-child.pid!) });
    });
  });
}

function isAlive(group: number): boolean {
  try {
    process.kill(group, 0);
    return true;
  } catch {
    return false;
  }
}
