/**
 * The place that a contender's program runs in, in a page: stands for place.js and webgpu.js there. page.js
 * gives the page its `contender`: the step, the packages, and whom to tell that the program is ready.
 */
const { contender, navigator, performance } = globalThis;

export const { step } = contender;

export const load = (name) => contender.packages[name];

export async function serve(facts, run) {
  // What is compiled at its first use is compiled here.
  await run(2);
  contender.run = async (steps) => {
    const started = performance.now();
    const loss = await run(steps);
    return { steps, ms: performance.now() - started, loss };
  };
  contender.ready(facts);
}

/** The page has its own. */
export const installWebgpu = () => undefined;

export async function adapterName() {
  const { info } = await navigator.gpu.requestAdapter({ powerPreference: 'high-performance' });
  return info.description || info.device || info.architecture;
}
