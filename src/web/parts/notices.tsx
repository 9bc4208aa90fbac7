/** What went wrong, and what else a visitor should know. */
import type { ComponentChildren } from 'preact';
import type { Opened, Problem } from '../protocol.js';

export function ProblemNotice({ problem, close }: { readonly problem: Problem; readonly close: () => void }) {
  const { message, found, expected, remedy } = problem;
  return (
    <div class="notice problem floating" id="problem" role="alert">
      <div>
        <p>
          <strong>{message}</strong>
        </p>
        {found !== undefined && <p>Found: {found}</p>}
        {expected !== undefined && <p>Expected: {expected}</p>}
        {remedy !== undefined && <p>What helps: {remedy}</p>}
      </div>
      <button type="button" id="close-problem" onClick={close}>
        Close
      </button>
    </div>
  );
}

interface NoticeProps {
  readonly id: string;
  /** Takes it away; without it the notice stays. */
  readonly close?: () => void;
  readonly children: ComponentChildren;
}

export function Notice({ id, close, children }: NoticeProps) {
  return (
    <div class={close === undefined ? 'notice' : 'notice floating'} id={id} role="status">
      {children}
      {close !== undefined && (
        <button type="button" id={`close-${id}`} onClick={close}>
          Close
        </button>
      )}
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
