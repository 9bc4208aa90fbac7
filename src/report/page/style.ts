/** The one style sheet of all pages: light and dark by the reader's choice, always light on paper. */

const light = `
  --ground: #f4f5f6; --card: #fefefe; --ink: #1c2126; --quiet: #59626b; --line: #d9dde1;
  --accent: #2563a8; --warning-ground: #fdf3e1; --warning-line: #c98a1b;`;

const dark = `
  --ground: #0e1013; --card: #16191d; --ink: #e8eaed; --quiet: #a7b0b9; --line: #2e343b;
  --accent: #74aeef; --warning-ground: #2c2413; --warning-line: #b8862b;`;

export const styleSheet = `
:root { color-scheme: light dark; ${light} }
@media screen and (prefers-color-scheme: dark) { :root { ${dark} } }
* { box-sizing: border-box; }
body {
  margin: 0; background: var(--ground); color: var(--ink); line-height: 1.5; overflow-wrap: break-word;
  font-family: system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif;
}
main { max-width: 1240px; margin: 0 auto; padding: 20px 20px 48px; }
h1 { font-size: 1.7rem; line-height: 1.2; margin: 8px 0 4px; }
h2 { font-size: 1.25rem; margin: 40px 0 4px; padding-top: 12px; border-top: 1px solid var(--line); }
nav { margin: 14px 0; font-size: 0.9rem; }
nav a { display: inline-block; margin-right: 16px; padding: 2px 0; }
h3 { font-size: 1rem; margin: 20px 0 4px; }
p, li { max-width: 75ch; }
p { margin: 6px 0 12px; }
li { margin: 6px 0; }
.quiet, figcaption, caption { color: var(--quiet); }
.lede { font-size: 1.1rem; margin-bottom: 14px; }
a { color: var(--accent); }
.notice { background: var(--warning-ground); border-left: 4px solid var(--warning-line); padding: 8px 14px; margin: 14px 0; }
.facts { display: flex; flex-wrap: wrap; gap: 10px; margin: 16px 0; padding: 0; }
.facts div { background: var(--card); border: 1px solid var(--line); border-radius: 8px; padding: 8px 16px; flex: 1 1 150px; }
.facts dt { color: var(--quiet); font-size: 0.85rem; }
.facts dd { margin: 0; font-size: 1.2rem; font-weight: 600; font-variant-numeric: tabular-nums; }
.charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 345px), 1fr)); gap: 14px; margin: 14px 0; }
.stack { display: grid; gap: 14px; align-content: start; }
figure { margin: 0; }
.charts figure { background: var(--card); border: 1px solid var(--line); border-radius: 8px; padding: 8px; }
.charts > figure:only-child { max-width: 572px; }
.charts figcaption { font-size: 0.85rem; padding: 4px 6px 2px; }
svg.chart { display: block; width: 100%; max-width: 430px; height: auto; }
.scroll { overflow-x: auto; width: fit-content; max-width: 100%; margin: 14px 0; background: var(--card); border: 1px solid var(--line); border-radius: 8px; }
table { border-collapse: collapse; font-size: 0.9rem; font-variant-numeric: tabular-nums; }
caption { text-align: left; padding: 8px 10px; font-size: 0.94em; caption-side: bottom; }
caption span { display: block; position: sticky; left: 10px; width: fit-content; max-width: calc(100vw - 48px); }
th, td { text-align: left; padding: 5px 10px; white-space: nowrap; border-bottom: 1px solid var(--line); font-weight: 400; }
thead th { color: var(--quiet); font-size: 0.94em; }
.figure { text-align: right; }
tbody th { position: sticky; left: 0; background: var(--card); }
tr:has(.mark) th { font-weight: 600; }
.mark { color: var(--accent); }
.mistakes { display: grid; grid-template-columns: repeat(auto-fill, minmax(92px, 1fr)); gap: 10px; margin: 14px 0; }
.mistakes figure { background: var(--card); border: 1px solid var(--line); border-radius: 8px; padding: 8px; text-align: center; }
.mistakes img { width: 72px; max-width: 100%; height: auto; image-rendering: pixelated; background: #000; border-radius: 4px; }
.mistakes figcaption { font-size: 0.8rem; line-height: 1.35; color: var(--ink); }
.mistakes .quiet { display: block; }
.sheet { display: block; width: 100%; max-width: 930px; height: auto; border-radius: 4px; margin: 14px 0; }
dl.record { display: grid; grid-template-columns: max-content minmax(0, 1fr); gap: 4px 18px; margin: 14px 0; }
dl.record dt { color: var(--quiet); }
dl.record dd { margin: 0; }
code { font-family: ui-monospace, 'SF Mono', Menlo, Consolas, 'DejaVu Sans Mono', monospace; font-size: 0.9em; overflow-wrap: anywhere; }
details { margin: 8px 0; }
summary { cursor: pointer; color: var(--accent); padding: 2px 0; }
footer { margin-top: 40px; border-top: 1px solid var(--line); padding-top: 8px; font-size: 0.85rem; color: var(--quiet); }
@media (min-width: 960px) { .sheet { image-rendering: pixelated; } }
@media (max-width: 600px) {
  main { padding: 10px 10px 32px; }
  h1 { font-size: 1.4rem; }
  .charts figure { padding: 4px; }
  .facts div { padding: 6px 12px; }
  dl.record { grid-template-columns: minmax(0, 1fr); gap: 0; }
  dl.record dd { margin-bottom: 8px; }
  th, td { padding: 5px 8px; }
  tbody th { position: static; }
}
@media print {
  nav { display: none; }
  body { background: none; font-size: 10pt; }
  main { max-width: none; padding: 0; }
  figure, .scroll, .facts div, li { break-inside: avoid; }
  h2, h3 { break-after: avoid; }
  .charts { grid-template-columns: 1fr 1fr; }
  .mistakes { grid-template-columns: repeat(8, 1fr); }
  .scroll { overflow: visible; }
  .charts figcaption { font-size: 8pt; }
  table { font-size: 7.5pt; }
  th, td { padding: 3px 4px; white-space: normal; }
}
`;
