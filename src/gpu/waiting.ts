import { setImmediate as turn, setTimeout as sleep } from 'node:timers/promises';
import { mapMode } from './usage.js';

/** Turns of the event loop after which Dawn has answered if there was nothing to wait for. */
const turnsToAnswer = 2;

/** Pause between two questions, as a share of the whole wait so far: the answer is late by half of that on average. */
const lateness = 0.01;
/** Limits of that pause, in milliseconds; the lower one is Node's. A question costs some 50 µs. */
const [shortest, longest] = [1, 5];

/**
 * Maps a buffer for reading as soon as everything is done that writes it, without keeping a promise of Dawn pending: while one is,
 * Node spins and takes a core, which on a software adapter is one that computes. So it asks and sleeps in turn.
 * @param since when the host began to wait or to sleep instead, on the clock of `performance.now`
 * @throws whatever the map was refused with
 */
export async function mapAsleep(buffer: GPUBuffer, since = performance.now()): Promise<void> {
  while (!(await tryMap(buffer))) {
    const waited = performance.now() - since;
    await sleep(Math.min(longest, Math.max(shortest, lateness * waited)));
  }
}

/** Maps a buffer for reading unless that would take waiting. @returns whether it is mapped now */
async function tryMap(buffer: GPUBuffer): Promise<boolean> {
  const question: { answer: 'mapped' | { readonly refusal: unknown } | null } = { answer: null };
  const settled = buffer.mapAsync(mapMode.READ).then(
    () => {
      question.answer = 'mapped';
    },
    (refusal: unknown) => {
      question.answer = { refusal };
    },
  );
  for (let i = 0; i < turnsToAnswer && question.answer === null; i++) await turn();
  if (question.answer === null) {
    // Should it be mapped at this very moment, that is undone, too; the next question finds it at once.
    buffer.unmap();
    await settled;
    return false;
  }
  if (question.answer === 'mapped') return true;
  throw question.answer.refusal;
}
