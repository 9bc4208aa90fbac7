/** What is needed to trust the figures and to get them again. */
import { commandLine as callOf } from '../../../platform/command-line.js';
import type { Summary } from '../../../experiments/summary.js';
import { section, type Section } from '../document.js';
import { html, type Html } from '../html.js';
import { datasetSizes } from './head.js';

export function record(summary: Summary): Section {
  const { adapter, dataset, versions, command, tuning, fused } = summary;
  const software = adapter.software ? ' (a software adapter: the CPU runs the shaders)' : '';
  const named = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  const facts: readonly (readonly [string, Html | string] | null)[] = [
    ['command', html`<code>${commandLine(command)}</code>`],
    ['adapter', `${adapter.description}${software}`],
    ['data', `${dataset.name}: ${datasetSizes(summary)}`],
    ['data, sha256', html`<code>${dataset.sha256}</code>`],
    dataset.notice === null ? null : ['notice of the data', dataset.notice],
    ['versions', named.join(', ')],
    fused ? null : ['kernels', 'not fused'],
    tuning === null ? null : ['tuning', html`${tuning.file}, sha256 <code>${tuning.sha256}</code>`],
    ['weights of the selected run, sha256', html`<code>${selectedWeights(summary)}</code>`],
  ];
  return section(
    'record',
    'How to get it again',
    html`<dl class="record">
      ${facts
        .filter((fact) => fact !== null)
        .map(
          ([name, value]) =>
            html`<dt>${name}</dt>
              <dd>${value}</dd>`,
        )}
    </dl>`,
  );
}

export function footer({ versions }: Summary): Html {
  return html`<footer>
    Made by wgsl-train ${versions['wgsl-train'] ?? ''} from summary.json. This page loads nothing from
    anywhere.
  </footer>`;
}

/** The arguments as a POSIX shell takes them. */
export function commandLine(command: readonly string[]): string {
  const quoted = command.map((word) =>
    /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`,
  );
  return callOf('train', ...quoted);
}

function selectedWeights({ selected, variants }: Summary): string {
  const runs = variants.find(({ name }) => name === selected.variant)?.runs ?? [];
  return runs.find(({ seed }) => seed === selected.seed)?.weightsSha256 ?? '';
}
