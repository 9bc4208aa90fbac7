import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const repository = fileURLToPath(new URL('../..', import.meta.url));

/**
 * What the commands that scripts/setup.sh calls answer. They stand first on its PATH, so that no test needs a
 * network or root, and none can change the system: `apt-get install` makes the driver appear, and every call
 * is written down.
 */
const commands = {
  node: `case $1 in
    --version) echo "$FAKE_NODE" ;;
    */what-is-missing.js) if [ -e "$SANDBOX/packages" ]; then echo "$FAKE_MISSING_AFTER"; else echo "$FAKE_MISSING"; fi ;;
    */find-adapter.js) [ -z "$FAKE_PROBE" ] || exec "$REAL_NODE" "$@"
      [ -e "$SANDBOX/driver" ] || exit 1; echo "adapter: Fake Vulkan (software)" ;;
    *) exec "$REAL_NODE" "$@" ;;
    esac`,
  npm: 'log npm "$@"; >"$SANDBOX/packages"; exit "$FAKE_NPM_STATUS"',
  'apt-get': `log apt-get "$@"
    case $* in *install*) [ -z "$FAKE_APT_ERROR" ] || { echo "$FAKE_APT_ERROR"; exit 100; }; >"$SANDBOX/driver" ;; esac`,
  sudo: `[ -n "$FAKE_SUDO" ] || exit 1
    [ "$1" != -n ] || { shift; exec "$@"; }
    log sudo "$@"; exec "$@"`,
  id: 'echo "$FAKE_UID"',
  uname: 'echo "$FAKE_SYSTEM"',
};

const defaults = {
  FAKE_NODE: 'v20.19.0',
  FAKE_MISSING: '',
  FAKE_MISSING_AFTER: '',
  FAKE_NPM_STATUS: '0',
  FAKE_PROBE: '',
  FAKE_APT_ERROR: '',
  FAKE_SUDO: '',
  FAKE_UID: '0',
  FAKE_SYSTEM: 'Linux',
};

export interface SetupResult {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** One line per call of npm, apt-get and sudo, with their arguments. */
  readonly calls: readonly string[];
  /** The files below the stand-in for /etc, by their path in it, as they are afterwards. */
  readonly etc: Readonly<Record<string, string>>;
}

export interface SetupOptions {
  readonly etc?: Readonly<Record<string, string>>;
  readonly env?: Readonly<Record<string, string>>;
  /** Whether there is an adapter before anything is installed. */
  readonly driver?: boolean;
  readonly shell?: string;
  readonly cwd?: string;
}

/** Runs scripts/setup.sh among stand-ins for the commands it calls; `env` may set any key of `defaults`. */
export function runSetup({
  etc = {},
  env = {},
  driver = false,
  shell = 'sh',
  cwd,
}: SetupOptions): SetupResult {
  const sandbox = mkdtempSync(join(tmpdir(), 'setup-test-'));
  for (const [name, body] of Object.entries(commands)) {
    const log = `log() { printf '%s\\n' "$*" >>"$SANDBOX/calls"; }`;
    write(join(sandbox, 'bin', name), `#!/bin/sh\n${log}\n${body}\n`);
    chmodSync(join(sandbox, 'bin', name), 0o755);
  }
  mkdirSync(join(sandbox, 'etc'));
  for (const [path, text] of Object.entries(etc)) write(join(sandbox, 'etc', path), text);
  write(join(sandbox, 'calls'), '');
  if (driver) write(join(sandbox, 'driver'), '');

  const run = spawnSync(shell, [join(repository, 'scripts/setup.sh')], {
    cwd: cwd ?? sandbox,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...defaults,
      ...env,
      PATH: `${join(sandbox, 'bin')}:${process.env.PATH ?? ''}`,
      SANDBOX: sandbox,
      REAL_NODE: process.execPath,
      WGSL_TRAIN_ETC: join(sandbox, 'etc'),
    },
  });
  const result = {
    status: run.status,
    stdout: run.stdout,
    stderr: run.stderr,
    calls: readFileSync(join(sandbox, 'calls'), 'utf8').split('\n').filter(Boolean),
    etc: readTree(join(sandbox, 'etc')),
  };
  rmSync(sandbox, { recursive: true });
  return result;
}

/** Whether a command of this name is on the PATH. */
export function hasCommand(name: string): boolean {
  return (process.env.PATH ?? '').split(':').some((folder) => existsSync(join(folder, name)));
}

/** Writes a file, and the folders above it. */
export function write(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}

function readTree(root: string): Record<string, string> {
  const files = readdirSync(root, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return Object.fromEntries(
    files.map((entry) => {
      const path = join(entry.parentPath, entry.name);
      return [path.slice(root.length + 1), readFileSync(path, 'utf8')];
    }),
  );
}
