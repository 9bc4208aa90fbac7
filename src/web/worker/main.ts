/** The worker: it owns the GPU, and answers the page's calls. */
import { EngineError } from '../../base/errors.js';
import type { Call, Problem, WorkerEvent, WorkerMessage } from '../protocol.js';
import { Workshop, type Doing } from './workshop.js';

/** Texts of files may stand in a problem: they are cut to so many characters. */
const longestText = 1000;

/** What went wrong, as the page can show it. */
function problemOf(error: unknown): Problem {
  const cut = (text: string | undefined): string | undefined => text?.slice(0, longestText);
  if (!(error instanceof EngineError))
    return { message: cut(error instanceof Error ? error.message : String(error))! };
  const { kind, message, found, expected, remedy } = error;
  return { kind, message: cut(message)!, found: cut(found), expected: cut(expected), remedy: cut(remedy) };
}

function send(message: WorkerMessage): void {
  postMessage(message);
}

const workshop: Doing = new Workshop({
  tell: (event: WorkerEvent) => {
    send({ event });
  },
  problemOf,
});

async function answer({ id, name, given }: Call): Promise<void> {
  try {
    // Each call was given what its name takes.
    const todo = workshop[name].bind(workshop) as (given: unknown) => Promise<unknown>;
    send({ id, value: await todo(given) });
  } catch (error) {
    send({ id, problem: problemOf(error) });
  }
}

addEventListener('message', ({ data }: MessageEvent<Call>) => {
  void answer(data);
});
