#!/usr/bin/env node
/** Compares finished runs: see `node scripts/compare.js --help`. */
import { existsSync } from 'node:fs';

if (existsSync(new URL('../dist/cli/main.js', import.meta.url))) {
  const { main } = await import('../dist/cli/main.js');
  await main('compare');
} else {
  console.error('wgsl-train is not built (dist/ is missing): run ./scripts/setup.sh');
  process.exitCode = 1;
}
