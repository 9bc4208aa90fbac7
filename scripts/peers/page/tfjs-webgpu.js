/** ../tfjs-webgpu.js in a page. */
import { serveInPage } from '../lib/page.js';

const parts = ['core', 'layers', 'backend-webgpu'];
await serveInPage(
  'tfjs-webgpu.js',
  parts.map((part) => `@tensorflow/tfjs-${part}`),
);
