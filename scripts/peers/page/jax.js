/** ../jax.js in a page. */
import { serveInPage } from '../lib/page.js';

await serveInPage('jax.js', ['@jax-js/jax']);
