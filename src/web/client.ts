/** The page's end of the line to its worker. */
import type { Call, CallName, Calls, Problem, WorkerEvent, WorkerMessage } from './protocol.js';

/** A call that the worker could not do. */
export class CallError extends Error {
  constructor(readonly problem: Problem) {
    super(problem.message);
  }
}

export interface Client {
  readonly call: <N extends CallName>(
    name: N,
    given: Parameters<Calls[N]>[0],
  ) => Promise<ReturnType<Calls[N]>>;
}

interface Waiting {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: CallError) => void;
}

/** @param onEvent what happens while nothing was asked. @param onDeath the worker could not be loaded */
export function startClient(
  onEvent: (event: WorkerEvent) => void,
  onDeath: (problem: Problem) => void,
): Client {
  const worker = new Worker(new URL('worker.js', document.baseURI), { type: 'module' });
  const waiting = new Map<number, Waiting>();
  let next = 0;
  worker.addEventListener('message', ({ data }: MessageEvent<WorkerMessage>) => {
    if ('event' in data) {
      onEvent(data.event);
      return;
    }
    const asked = waiting.get(data.id);
    waiting.delete(data.id);
    if ('problem' in data) asked?.reject(new CallError(data.problem));
    else asked?.resolve(data.value);
  });
  worker.addEventListener('error', ({ message }) => {
    onDeath({
      message: 'The part of the page that computes has stopped.',
      found: message,
      remedy: 'Load the page again.',
    });
  });
  return {
    call: (name, given) =>
      new Promise((resolve, reject) => {
        const id = next++;
        waiting.set(id, { resolve: resolve as Waiting['resolve'], reject });
        worker.postMessage({ id, name, given } satisfies Call<typeof name>);
      }),
  };
}

/** What went wrong, whatever was thrown. */
export function problemOf(error: unknown): Problem {
  if (error instanceof CallError) return error.problem;
  return { message: error instanceof Error ? error.message : String(error) };
}
