/**
 * Packs what is here (with dist/ as it was built) and hands the archive to publint and to attw: what a
 * project that installs the package will find. Both work offline. `npm run check:package`
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Runs a JavaScript file; what it prints is shown only if it fails, and then this process ends. */
function run(file, args) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [file, ...args], { encoding: 'utf8' });
  if (status === 0) return;
  console.error(`${stdout}${stderr}\ncheck of the package: ${file} failed`);
  process.exit(1);
}

/** The file behind a command of an installed package: node_modules/.bin holds shell scripts on Windows. */
function binary(name, command) {
  const folder = join('node_modules', name);
  return join(folder, JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')).bin[command]);
}

const npm = process.env.npm_execpath;
if (npm === undefined || !existsSync('dist/index.js')) {
  console.error('check of the package: run npm run build, then npm run check:package');
  process.exit(1);
}
const folder = mkdtempSync(join(tmpdir(), 'wgsl-train-pack-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
// Without scripts: prepack would remove dist/ and build it again.
run(npm, ['pack', '--ignore-scripts', '--pack-destination', folder]);
const archive = join(folder, readdirSync(folder)[0]);
run(binary('publint', 'publint'), ['run', archive, '--strict']);
run(binary('@arethetypeswrong/cli', 'attw'), [archive, '--profile', 'esm-only', '--no-definitely-typed']);
