export type { Platform, Wait, WebgpuOptions } from './contract.js';
export { platform } from './node.js';
