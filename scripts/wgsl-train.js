#!/usr/bin/env node
/** Where the package is installed: `npx wgsl-train train --exp 6` is `node scripts/train.js --exp 6`, and so for every script here. */
import { readdirSync } from 'node:fs';

const names = readdirSync(new URL('.', import.meta.url))
  .filter((file) => file.endsWith('.js') && file !== 'wgsl-train.js')
  .map((file) => file.slice(0, -'.js'.length));
const [name] = process.argv.splice(2, 1);
if (name !== undefined && names.includes(name)) {
  await import(`./${name}.js`);
} else if (name === '--version') {
  process.argv.push(name);
  await import('./train.js');
} else {
  const usage = `usage: wgsl-train COMMAND [options]\ncommands: ${names.join(', ')}\nmore: wgsl-train COMMAND --help`;
  if (name === '--help') {
    console.log(usage);
  } else {
    if (name !== undefined) console.error(`there is no command ${JSON.stringify(name)}`);
    console.error(usage);
    process.exitCode = 2;
  }
}
