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

/** What esbuild makes: of src/, shaders/ and data/, after everything else is built. */
const bundles = [
  'dist/platform/package-texts.js',
  'dist/wgsl-train.js',
  'dist/web/app.js',
  'dist/web/worker.js',
];

/** Why dist/ is not the build of src/, or undefined. */
function missingBuild() {
  const settings = Math.max(...['tsconfig.json', 'tsconfig.build.json', 'package-lock.json'].map(changed));
  const sources = filesIn('src');
  for (const source of sources) {
    // The same exceptions as tsconfig.build.json.
    if (!source.endsWith('.ts') || /\.(d|test)\.ts$|(^|[\\/])testing[\\/]|^src[\\/]web[\\/]/.test(source))
      continue;
    const built = source.replace(/^src/, 'dist').replace(/\.ts$/, '.js');
    if (!existsSync(built)) return `${built} is missing`;
    if (changed(built) < Math.max(changed(source), settings)) return `${built} is out of date`;
  }
  const bundled = [
    ...filesIn('src/web'),
    ...filesIn('shaders'),
    ...filesIn('data'),
    ...filesIn('scripts/lib'),
  ];
  const newest = Math.max(settings, ...bundled.map(changed));
  for (const built of bundles) {
    if (!existsSync(built)) return `${built} is missing`;
    if (changed(built) < newest) return `${built} is out of date`;
  }
  return undefined;
}

function filesIn(folder) {
  const all = readdirSync(folder, { recursive: true, withFileTypes: true });
  return all.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name));
}

function changed(path) {
  return statSync(path).mtimeMs;
}

const packages = missingPackages();
const build = packages === undefined ? missingBuild() : undefined;
if (packages !== undefined) console.log(`packages: ${packages}`);
else if (build !== undefined) console.log(`build: ${build}`);
