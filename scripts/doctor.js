#!/usr/bin/env node
/** Says whether training would work on this machine, and if not what to do: see `node scripts/doctor.js --help`. */
import { existsSync } from 'node:fs';

if (existsSync(new URL('../dist/cli/main.js', import.meta.url))) {
  const { main } = await import('../dist/cli/main.js');
  await main('doctor');
} else {
  console.error('wgsl-train is not built (dist/ is missing): run ./scripts/setup.sh');
  process.exitCode = 1;
}
