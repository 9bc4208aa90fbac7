#!/usr/bin/env node
/**
 * Shows the synthetic set, with another set beside it: see `node scripts/contact-sheet.js --help`.
 *
 * docs/contact-sheet.png is
 *
 *   node scripts/contact-sheet.js --out docs/contact-sheet.png --data ../shared/kmnist10k \
 *     --note "kmnist10k: KMNIST dataset (CODH), doi:10.20676/00000341, CC BY-SA 4.0"
 */
import { existsSync } from 'node:fs';

if (existsSync(new URL('../dist/cli/main.js', import.meta.url))) {
  const { main } = await import('../dist/cli/main.js');
  await main('contact-sheet');
} else {
  console.error('wgsl-train is not built (dist/ is missing): run ./scripts/setup.sh');
  process.exitCode = 1;
}
