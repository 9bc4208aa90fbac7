/** What the served pages share: their frame, their style sheet and the script that updates them. */
import { html, htmlDocument, type Html } from '../../report/page/html.js';
import { styleSheet } from '../../report/page/style.js';

/** The reports' look, and what only these pages have. */
export const pageStyle = `${styleSheet}
.state { font-weight: 600; white-space: nowrap; }
.state::before { content: '●'; margin-right: 0.4em; font-size: 0.8em; vertical-align: 0.08em; }
.state.running { color: var(--good); }
.state.finished { color: var(--quiet); font-weight: 400; }
.state.stopped { color: var(--bad); }
:root { --good: #17795a; --bad: #c4501a; }
@media screen and (prefers-color-scheme: dark) { :root { --good: #52c99b; --bad: #f0935e; } }
.runs { list-style: none; margin: 18px 0; padding: 0; display: grid; gap: 10px; }
.runs li { max-width: none; margin: 0; background: var(--card); border: 1px solid var(--line); border-radius: 8px; padding: 10px 16px; }
.runs li.inner { margin-left: 26px; }
.time { white-space: nowrap; }
.top { display: flex; flex-wrap: wrap; gap: 2px 16px; align-items: baseline; }
.runs .name { font-weight: 600; flex: 1 1 auto; overflow-wrap: anywhere; }
.runs p { margin: 2px 0 0; max-width: none; }
.runs .figures { font-variant-numeric: tabular-nums; }
nav { margin: 4px 0 0; font-size: 0.9rem; }
.files { display: flex; flex-wrap: wrap; gap: 4px 18px; padding: 0; list-style: none; }
.files li { margin: 0; }
#offline { position: sticky; top: 0; z-index: 1; }
@media (max-width: 600px) { .runs li { padding: 8px 12px; } .runs li.inner { margin-left: 12px; } }
`;

/**
 * Puts the content of the page in place whenever the server sends another. The link that has the focus keeps
 * it, and tables stay where they were scrolled to.
 */
export const followScript = `'use strict';
const place = document.querySelector('[data-events]');
const offline = document.querySelector('#offline');
const source = new EventSource(place.dataset.events);
source.onopen = () => { offline.hidden = true; };
source.onerror = () => { offline.hidden = false; };
source.onmessage = ({ data }) => {
  const focused = place.contains(document.activeElement) ? document.activeElement.getAttribute('href') : null;
  const scrolled = Array.from(place.querySelectorAll('.scroll'), ({ scrollLeft }) => scrollLeft);
  place.innerHTML = JSON.parse(data);
  place.querySelectorAll('.scroll').forEach((table, index) => { table.scrollLeft = scrolled[index] ?? 0; });
  if (focused !== null) place.querySelector('a[href="' + CSS.escape(focused) + '"]')?.focus();
};
addEventListener('pagehide', () => { source.close(); });
addEventListener('pageshow', ({ persisted }) => { if (persisted) location.reload(); });
`;

/** @param events where the page hears of changes. @param content is what changes */
export function servedPage(title: string, head: Html, content: Html, events: string): string {
  return htmlDocument(
    title,
    html`<link rel="stylesheet" href="/page.css" />
      <script src="/follow.js" defer></script>`,
    html`<p id="offline" class="notice" role="status" hidden>
        The server does not answer: this page shows what it last said.
      </p>
      ${head}
      <div data-events="${events}">${content}</div>`,
  );
}
