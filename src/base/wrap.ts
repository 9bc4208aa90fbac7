export { textColumns, wrap } from './text.js';
