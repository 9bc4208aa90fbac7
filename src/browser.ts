/** The engine as a library in a browser: the names and types of index.ts. */
export * from './anywhere.js';
export { resolveDataset } from './library/browser-data.js';
