/**
 * Bundles the page of src/web into dist/web: everything that a host has to serve. The library comes from
 * dist/, as the build before this has made it. `npm run build` runs it.
 */
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { relative, resolve } from 'node:path';
import { build } from 'esbuild';

const [source, out] = ['src/web', 'dist/web'];

/** What the page imports from beyond its own folder is built already, with the texts that a browser lacks. */
const builtLibrary = {
  name: 'built library',
  setup({ onResolve }) {
    onResolve({ filter: /^\.\.?\// }, ({ path, resolveDir }) => {
      const target = relative('src', resolve(resolveDir, path));
      return target.startsWith('..') || /^web[/\\]/.test(target) ? null : { path: resolve('dist', target) };
    });
  },
};

rmSync(out, { recursive: true, force: true });
await build({
  entryPoints: { app: `${source}/app.tsx`, worker: `${source}/worker/main.ts` },
  outdir: out,
  bundle: true,
  minify: true,
  format: 'esm',
  target: 'es2022',
  conditions: ['browser'],
  legalComments: 'none',
  logLevel: 'warning',
  plugins: [builtLibrary],
});
mkdirSync(out, { recursive: true });
for (const name of ['index.html', 'network.safetensors']) copyFileSync(`${source}/${name}`, `${out}/${name}`);
const styles = ['node_modules/uplot/dist/uPlot.min.css', `${source}/style.css`];
writeFileSync(`${out}/style.css`, styles.map((path) => readFileSync(path, 'utf8')).join('\n'));
