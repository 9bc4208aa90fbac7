/**
 * Text files of the package, by path from its root, for places that have no files: `npm run build` writes
 * this module into dist/platform. package.json is there as its name and version.
 */
export const packageTexts: Readonly<Record<string, string>>;
