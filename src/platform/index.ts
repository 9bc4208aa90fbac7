export type { Inflated, InflateOptions, Platform, Wait, WebgpuOptions } from './contract.js';
export { platform } from '#platform';
