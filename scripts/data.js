#!/usr/bin/env node
/** Fetches, checks, converts and shows data sets: see `node scripts/data.js --help`. */
import { existsSync } from 'node:fs';

if (existsSync(new URL('../dist/cli/main.js', import.meta.url))) {
  const { main } = await import('../dist/cli/main.js');
  await main('data');
} else {
  console.error('wgsl-train is not built (dist/ is missing): run ./scripts/setup.sh');
  process.exitCode = 1;
}
