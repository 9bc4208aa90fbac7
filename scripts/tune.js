#!/usr/bin/env node
/** Times the variants of the matrix products on this adapter: see `node scripts/tune.js --help`. */
import { existsSync } from 'node:fs';

if (existsSync(new URL('../dist/cli/main.js', import.meta.url))) {
  const { main } = await import('../dist/cli/main.js');
  await main('tune');
} else {
  console.error('wgsl-train is not built (dist/ is missing): run ./scripts/setup.sh');
  process.exitCode = 1;
}
