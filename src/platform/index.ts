export type { FileStorage, Inflated, InflateOptions, Platform, Wait, WebgpuOptions } from './contract.js';
export { platform } from '#platform';
