/** The server behind scripts/serve.js: on this machine only, reads only, keeps nothing. */
import type { ServerResponse } from 'node:http';
import { findRun, listRuns, type ListedRun } from './catalogue.js';
import { eventsType, sendEvents, type Pace } from './event-stream.js';
import { openShownFile, sendFile } from './files.js';
import { followScript, pageStyle } from './frame.js';
import { listContent, listPage } from './list-page.js';
import { openLocally, type LocalServer } from './local-server.js';
import { headersFor } from './policy.js';
import { partsOf, Refusal } from './request.js';
import { runPage, watchRun } from './run-page.js';

export interface ServerOptions {
  /** The directory with the runs, as `realpath` gives it. */
  readonly root: string;
  /** 0 takes any free one. */
  readonly port: number;
  readonly pace?: Pace;
}

const usualPace: Pace = { look: 1000, alive: 15_000 };

/** Each draws charts of its own. */
const mostStreams = 32;

/** @throws EngineError `usage` if the port is taken or not allowed */
export async function startServer({ root, port, pace = usualPace }: ServerOptions): Promise<LocalServer> {
  const streams = new Set<ServerResponse>();
  return openLocally(port, (response) => answer(response, { root, pace, streams }));
}

interface Served {
  readonly root: string;
  readonly pace: Pace;
  readonly streams: Set<ServerResponse>;
}

/** Node itself leaves out the body of an answer to HEAD. @throws Refusal if there is nothing to send */
async function answer(response: ServerResponse, served: Served): Promise<void> {
  const { root } = served;
  const [room, ...names] = partsOf(response.req);
  const isAlone = names.length === 0;
  if (room === '' && isAlone) send(response, htmlType, listPage(root, listRuns(root)));
  else if (room === 'page.css' && isAlone) send(response, 'text/css; charset=utf-8', pageStyle);
  else if (room === 'follow.js' && isAlone) send(response, 'text/javascript; charset=utf-8', followScript);
  else if (room === 'events' && isAlone)
    stream(response, served, () => Promise.resolve(listContent(listRuns(root)).markup));
  else if (room === 'events') {
    const content = watchRun(root, runAt(root, names));
    stream(response, served, async () => (await content())?.markup ?? null);
  } else if (room === 'run') {
    const run = runAt(root, names);
    const first = await watchRun(root, run)();
    send(response, htmlType, runPage(run, first!));
  } else if (room === 'file') {
    const length = names.at(-2) === 'charts' ? 2 : 1;
    const file = openShownFile(runAt(root, names.slice(0, -length)), names.slice(-length));
    if (file === null) throw absent();
    sendFile(response, file, 'file');
  } else throw new Refusal(404, 'there is no such page');
}

function absent(): Refusal {
  return new Refusal(404, 'there is no such run or file');
}

function runAt(root: string, names: readonly string[]): ListedRun {
  const run = findRun(root, names);
  if (run === null) throw absent();
  return run;
}

const htmlType = 'text/html; charset=utf-8';

function send(response: ServerResponse, type: string, text: string): void {
  const bytes = Buffer.from(text);
  response.writeHead(200, { ...headersFor('page', type), 'Content-Length': bytes.length });
  response.end(bytes);
}

function stream(
  response: ServerResponse,
  { pace, streams }: Served,
  content: () => Promise<string | null>,
): void {
  if (response.req.method === 'HEAD') {
    response.writeHead(200, headersFor('page', eventsType)).end();
    return;
  }
  if (streams.size >= mostStreams) throw new Refusal(503, `${mostStreams} pages are open already: close one`);
  streams.add(response);
  response.on('close', () => streams.delete(response));
  sendEvents(response, content, pace);
}
