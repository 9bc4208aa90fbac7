/**
 * `node --import preload.js` puts substitute.js in the place of the package `webgpu`, whoever imports it. For
 * real processes; the files that it needs are compiled by process.ts.
 */
import { register } from 'node:module';

register(new URL('./hooks.js', import.meta.url));
