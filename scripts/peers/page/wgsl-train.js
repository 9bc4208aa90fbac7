/** This project's own training step in a page. */
import { serveInPage } from '../lib/page.js';

await serveInPage('lib/own-step.js');
