/**
 * Prints what set-up still has to do in this checkout, in one line, or nothing:
 * `packages: REASON` (npm ci is needed) or `build: REASON` (npm run build is enough).
 *
 * It compares what is there (node_modules/.package-lock.json, written by npm; times of the files in dist/)
 * instead of keeping a record of its own, so an npm ci or a build that a person ran by hand counts as well.
 */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** Why node_modules is not what package-lock.json asks for, or undefined. */
function missingPackages() {
  const installedLock = 'node_modules/.package-lock.json';
  if (!existsSync(installedLock)) return 'node_modules is missing';
  const wanted = readPackages('package-lock.json');
  const installed = readPackages(installedLock);
  for (const [path, entry] of Object.entries(wanted)) {
    if (path === '' || !isForThisMachine(entry)) continue;
    const there = existsSync(join(path, 'package.json')) ? installed[path] : undefined;
    if (there === undefined) {
      // Optional without conditions of its own: a dependency of an optional package for another machine.
      if (entry.optional && entry.os === undefined && entry.cpu === undefined) continue;
      return `${path} is missing`;
    }
    if (there.version !== entry.version || there.integrity !== entry.integrity)
      return `${path} is ${there.version}, package-lock.json wants ${entry.version}`;
  }
  return undefined;
}

function readPackages(lockFile) {
  return JSON.parse(readFileSync(lockFile, 'utf8')).packages;
}

const libcHere = process.report?.getReport().header.glibcVersionRuntime === undefined ? 'musl' : 'glibc';

function isForThisMachine({ os, cpu, libc }) {
  return (
    (os === undefined || os.includes(process.platform)) &&
    (cpu === undefined || cpu.includes(process.arch)) &&
    (libc === undefined || libc.includes(libcHere))
  );
}

/** Why dist/ is not the build of src/, or undefined. */
function missingBuild() {
  const settings = Math.max(...['tsconfig.json', 'tsconfig.build.json', 'package-lock.json'].map(changed));
  for (const source of readdirSync('src', { recursive: true })) {
    // The same exceptions as tsconfig.build.json.
    if (!source.endsWith('.ts') || /\.(d|test)\.ts$|(^|[\\/])testing[\\/]/.test(source)) continue;
    const built = join('dist', source.replace(/\.ts$/, '.js'));
    if (!existsSync(built)) return `${built} is missing`;
    if (changed(built) < Math.max(changed(join('src', source)), settings)) return `${built} is out of date`;
  }
  return undefined;
}

function changed(path) {
  return statSync(path).mtimeMs;
}

const packages = missingPackages();
const build = packages === undefined ? missingBuild() : undefined;
if (packages !== undefined) console.log(`packages: ${packages}`);
else if (build !== undefined) console.log(`build: ${build}`);
