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

/** Headers of every answer. */
export function headersFor(content: 'page' | 'file', type: string): Readonly<Record<string, string>> {
  return {
    'Content-Type': type,
    'Content-Security-Policy': content === 'page' ? pagePolicy : filePolicy,
    'X-Content-Type-Options': 'nosniff',
    'Referrer-Policy': 'no-referrer',
    'Cross-Origin-Resource-Policy': 'same-origin',
    'Cross-Origin-Opener-Policy': 'same-origin',
    'Cache-Control': 'no-store',
  };
}
