#!/usr/bin/env node
/** A local page that lists runs and follows running ones: see `node scripts/serve.js --help`. */
import { existsSync } from 'node:fs';

if (existsSync(new URL('../dist/cli/main.js', import.meta.url))) {
  const { main } = await import('../dist/cli/main.js');
  await main('serve');
} else {
  console.error('wgsl-train is not built (dist/ is missing): run ./scripts/setup.sh');
  process.exitCode = 1;
}
