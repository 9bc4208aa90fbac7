/** What went wrong, and what else a visitor should know. */
import type { ComponentChildren } from 'preact';
import type { Opened, Problem } from '../protocol.js';

export function ProblemNotice({ problem, close }: { readonly problem: Problem; readonly close: () => void }) {
  const { message, found, expected, remedy } = problem;
  return (
    <div class="notice problem" id="problem" role="alert">
      <p>
        <strong>{message}</strong>
      </p>
      {found !== undefined && <p>Found: {found}</p>}
      {expected !== undefined && <p>Expected: {expected}</p>}
      {remedy !== undefined && <p>What helps: {remedy}</p>}
      <button type="button" id="close-problem" onClick={close}>
        Close
      </button>
    </div>
  );
}

export function Notice({ id, children }: { readonly id: string; readonly children: ComponentChildren }) {
  return (
    <div class="notice" id={id} role="status">
      {children}
    </div>
  );
}

/** What the page computes on, said as it is. */
export function Place({ opened }: { readonly opened: Opened }) {
  return (
    <section aria-labelledby="place-title">
      <h2 id="place-title">What this runs on</h2>
      <p id="adapter">
        {opened.software ? 'No GPU: your CPU runs the shaders, by ' : 'Your GPU: '}
        <strong>{opened.adapter}</strong>, through WebGPU in a worker of this page.
        {opened.software &&
          ' A software adapter gives the same kind of results, many times slower. If this machine has a GPU, the browser does not use it: switch on graphics acceleration in its settings.'}
      </p>
      <p class="quiet">
        wgsl-train {opened.version}. Nothing is sent anywhere: drawings, files and networks stay in this
        browser.
      </p>
    </section>
  );
}
