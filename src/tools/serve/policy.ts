/** What a browser may do with what it is sent. */
import { createHash } from 'node:crypto';
import { darkStyle } from '../../report/page/charts/theme.js';

/** Charts carry their own style sheet, which is allowed by its hash; nothing else inside a page is. */
const chartStyle = createHash('sha256').update(darkStyle('chart')).digest('base64');

/** For this server's own pages: its style sheet, its script, its events, and nothing from anywhere else. */
const pagePolicy = [
  "default-src 'none'",
  `style-src 'self' 'sha256-${chartStyle}'`,
  "script-src 'self'",
  "connect-src 'self'",
  'img-src data:',
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** For files of runs, whoever wrote them: they show themselves, without scripts and without an origin. */
const filePolicy =
  "default-src 'none'; style-src 'unsafe-inline'; img-src data:; font-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; sandbox";

/** For the page that trains in the browser: what lies beside it, and pictures that it makes itself. */
const appPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data: blob:",
  "connect-src 'self'",
  "worker-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const policies = { page: pagePolicy, file: filePolicy, app: appPolicy };

/** Whose content is sent: this server's own page, a file of a run, or the page that trains. */
export type Content = keyof typeof policies;

/** Headers of every answer. */
export function headersFor(content: Content, type: string): Readonly<Record<string, string>> {
  return {
    'Content-Type': type,
    'Content-Security-Policy': policies[content],
    'X-Content-Type-Options': 'nosniff',
    'Referrer-Policy': 'no-referrer',
    'Cross-Origin-Resource-Policy': 'same-origin',
    'Cross-Origin-Opener-Policy': 'same-origin',
    'Cache-Control': 'no-store',
  };
}
