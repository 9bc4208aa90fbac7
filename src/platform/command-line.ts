/** How this project's commands are called where it runs, for messages that name one. */

/** The bin of the installed package, or a program that imports the package: neither has a scripts/ folder of its own. */
const isPackage =
  /[\\/]wgsl-train(\.js)?$/.test(process.argv[1] ?? '') || import.meta.url.includes('/node_modules/');

/** `node scripts/train.js --help`, or `npx wgsl-train train --help` where the package is installed. */
export function commandLine(name: string, ...words: readonly string[]): string {
  return [isPackage ? `npx wgsl-train ${name}` : `node scripts/${name}.js`, ...words].join(' ');
}
