/** Server-sent events (HTML Living Standard, section 9.2): a page's content, whenever it changes. */
import type { ServerResponse } from 'node:http';
import { headersFor } from './policy.js';

/** Time between two looks at the files, and between two signs of life on a quiet stream, in ms. */
export interface Pace {
  readonly look: number;
  readonly alive: number;
}

export const eventsType = 'text/event-stream; charset=utf-8';

/** Drawing gets one part in this many of a processor's time: the training needs the rest. */
const share = 20;

/** A reader that is this far behind is not sent more, in bytes. */
const mostWaiting = 2 ** 22;

/**
 * Sends what `content` gives, each time that it differs from what was sent last, until the reader goes.
 * @param content null where it is certain that nothing is new
 */
export function sendEvents(
  response: ServerResponse,
  content: () => Promise<string | null>,
  { look, alive }: Pace,
): void {
  let timer: NodeJS.Timeout | undefined;
  let last = '';
  let quiet = 0;
  response.writeHead(200, headersFor('page', eventsType));
  response.write('retry: 2000\n\n');
  const tick = async (): Promise<void> => {
    const start = performance.now();
    const markup = response.writableLength > mostWaiting ? null : await content();
    if (response.destroyed || response.writableEnded) return;
    const pause = Math.max(look, share * (performance.now() - start));
    quiet += pause;
    if (markup !== null && markup !== last) {
      last = markup;
      quiet = 0;
      // JSON has no line breaks, which would end the event.
      response.write(`data: ${JSON.stringify(markup)}\n\n`);
    } else if (quiet >= alive) {
      quiet = 0;
      response.write(': nothing new\n\n');
    }
    timer = setTimeout(next, pause);
  };
  const next = (): void => {
    tick().catch(() => {
      response.destroy();
    });
  };
  response.on('close', () => {
    clearTimeout(timer);
  });
  next();
}
