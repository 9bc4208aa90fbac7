/**
 * What a browser gets beside dist/: the texts that it cannot read from files, as a module; and the library as
 * one file. Ends with an error where training and predicting take a page more than the budget.
 * `npm run build` runs it.
 */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';

/** Bytes of gzip that `openGpu`, `train` and `predict` may take, minified. */
const budget = 75_000;

const { name, version } = JSON.parse(readFileSync('package.json', 'utf8'));
const shaders = readdirSync('shaders', { recursive: true })
  .map((path) => `shaders/${path.replaceAll('\\', '/')}`)
  .filter((path) => path.endsWith('.wgsl'))
  .sort();
const texts = Object.fromEntries(
  [...shaders, 'data/strokes.json', 'data/kmnist.json'].map((path) => {
    const text = readFileSync(path, 'utf8');
    return [path, path.endsWith('.wgsl') ? withoutComments(path, text) : text];
  }),
);
const all = { ...texts, 'package.json': JSON.stringify({ name, version }) };
mkdirSync('dist/platform', { recursive: true });
writeFileSync(
  'dist/platform/package-texts.js',
  `export const packageTexts = ${JSON.stringify(all, null, 1)};\n`,
);

const common = {
  bundle: true,
  minify: true,
  format: 'esm',
  target: 'es2022',
  conditions: ['browser'],
  logLevel: 'warning',
};
await build({
  ...common,
  entryPoints: ['dist/browser.js'],
  outfile: 'dist/wgsl-train.js',
  sourcemap: true,
  legalComments: 'none',
});

const contents = "export { openGpu, createDataset, createTrial, train, predict } from './dist/browser.js';";
const { outputFiles } = await build({ ...common, stdin: { contents, resolveDir: '.' }, write: false });
const size = gzipSync(outputFiles[0].contents, { level: 9 }).length;
if (size > budget) {
  console.error(`train and predict take a page ${size} bytes of gzip: the budget is ${budget}`);
  process.exit(1);
}
console.log(`train and predict take a page ${size} of ${budget} bytes of gzip`);

/**
 * A shader as a page gets it: no comments but includes and the head of a kernel, which is its documentation.
 * Lines keep their numbers.
 */
function withoutComments(path, text) {
  const lines = text.split('\n');
  const head = path.includes('/lib/') ? 0 : lines.findIndex((line) => !/^\/\/(?!!)/.test(line));
  return lines
    .map((line, i) => (i < head || line.startsWith('//!') ? line : line.replace(/\s*\/\/.*$/, '')))
    .join('\n');
}
