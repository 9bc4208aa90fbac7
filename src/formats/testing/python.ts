import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A Python that has all these modules; without one, says so once and gives undefined. */
export function findPython(...modules: readonly string[]): string | undefined {
  const look = 'import importlib.util as u, sys; sys.exit(None in map(u.find_spec, sys.argv[1:]))';
  const found = ['python3', '/usr/bin/python3'].find(
    (command) => spawnSync(command, ['-c', look, ...modules]).status === 0,
  );
  if (found === undefined) console.warn(`skipped: what needs a Python with ${modules.join(' and ')}`);
  return found;
}

/**
 * Runs a script of this folder in an empty directory that holds only these files.
 * @param command from `findPython`
 * @param script its file name
 * @returns the JSON that it prints
 */
export function runPython(
  command: string,
  script: string,
  files: Readonly<Record<string, Uint8Array>>,
  ...parameters: readonly string[]
): unknown {
  const directory = mkdtempSync(join(tmpdir(), 'wgsl-train-'));
  try {
    for (const [name, content] of Object.entries(files)) writeFileSync(join(directory, name), content);
    const path = join(import.meta.dirname, script);
    const { status, stdout, stderr } = spawnSync(command, [path, ...parameters], {
      cwd: directory,
      encoding: 'utf8',
      maxBuffer: 2 ** 28,
    });
    if (status !== 0) throw new Error(`${script} ended with ${status}: ${stderr}`);
    return JSON.parse(stdout);
  } finally {
    rmSync(directory, { recursive: true });
  }
}
