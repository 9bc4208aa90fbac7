/** How this project's commands are called where it runs, for messages that name one. */

/**
 * The bin of the installed package, or a program that imports the package: neither has a scripts/ folder of
 * its own.
 */
const isPackage =
  /[\\/]wgsl-train(\.js)?$/.test(process.argv[1] ?? '') || import.meta.url.includes('/node_modules/');

/**
 * `node scripts/train.js --help`, or `npx wgsl-train train --help` where the package is installed.
 * @param name of the command; `data fetch` for one that `data` has, `''` for the bin itself
 */
export function commandLine(name: string, ...words: readonly string[]): string {
  const [first = '', ...names] = name.split(' ');
  const called = isPackage || first === '' ? ['npx wgsl-train', first] : [`node scripts/${first}.js`];
  return [...called, ...names, ...words].filter((word) => word !== '').join(' ');
}
