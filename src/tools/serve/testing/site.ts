/** A directory of made-up runs, and the real server in front of it on a free port. */
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { request, type IncomingHttpHeaders } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LocalServer } from '../local-server.js';
import { startServer } from '../server.js';
import { thisProcess, type MetricsRow } from '../../../runs/index.js';
import { makeRun } from '../../compare/testing/runs.js';

export interface Site {
  readonly home: string;
  /** The directory that is served. */
  readonly root: string;
  readonly server: LocalServer;
  readonly close: () => Promise<void>;
}

/** What must never be served. */
export const secret = 'a secret outside the runs';

/**
 * A run that finished, one that stopped, one that trains, a series, and traps that lead out of the directory.
 */
export async function openSite(): Promise<Site> {
  const home = realpathSync(mkdtempSync(join(tmpdir(), 'wgsl-train-serve-')));
  const root = join(home, 'runs');
  mkdirSync(root);
  writeFileSync(join(home, 'secret.txt'), secret);
  makeRun(join(home, 'outside'));
  writeFileSync(join(home, 'outside', 'report.html'), secret);

  const finished = makeRun(join(root, 'finished'));
  writeFileSync(join(finished, 'metrics.jsonl'), lines([row(1), row(2), row(3)]));
  writeFileSync(join(finished, 'report.html'), '<!doctype html><title>A report</title><h1>A report</h1>');
  mkdirSync(join(finished, 'charts'));
  writeFileSync(join(finished, 'charts', 'overlay.svg'), '<svg xmlns="http://www.w3.org/2000/svg"></svg>');
  mkdirSync(join(finished, 'checkpoints'));
  writeFileSync(join(finished, 'checkpoints', 'best.safetensors'), secret);
  begun(finished, '2026-01-01T10:00:00Z');

  const stopped = join(root, 'stopped');
  mkdirSync(stopped);
  writeFileSync(join(stopped, 'metrics.jsonl'), lines([row(1)]));
  writeConfig(stopped);
  // No process has this number: Linux and macOS give out smaller ones.
  writeFileSync(join(stopped, 'running.json'), JSON.stringify({ pid: 2 ** 30, started: new Date() }));
  begun(stopped, '2026-01-02T10:00:00Z');

  startTraining(root, 'running');
  begun(join(root, 'running'), '2026-01-03T10:00:00Z');

  makeRun(join(root, 'series', 'exp2'));
  begun(join(root, 'series', 'exp2'), '2025-01-01T10:00:00Z');
  writeFileSync(join(root, 'series', 'summary.json'), JSON.stringify({ schema: 1, experiment: 'all' }));
  begun(join(root, 'series'), '2025-01-01T10:00:00Z');

  symlinkSync(join(home, 'outside'), join(root, 'linked'));
  symlinkSync('finished', join(root, 'latest'));
  makeRun(join(root, 'trap'));
  begun(join(root, 'trap'), '2024-01-01T10:00:00Z');
  symlinkSync(join(home, 'secret.txt'), join(root, 'trap', 'report.html'));
  symlinkSync(join(home, 'secret.txt'), join(root, 'trap', 'metrics.jsonl'));
  symlinkSync(home, join(root, 'trap', 'charts'));
  writeFileSync(join(home, 'stolen.svg'), secret);
  mkdirSync(join(root, 'no-run'));
  writeFileSync(join(root, 'no-run', 'report.html'), secret);
  mkdirSync(join(root, '.hidden'));
  makeRun(join(root, '.hidden'));

  const server = await startServer({ root, port: 0, pace: { look: 50, alive: 1000 } });
  return {
    home,
    root,
    server,
    close: async () => {
      await server.close();
      rmSync(home, { recursive: true, force: true });
    },
  };
}

/** Makes a run that this very process claims to train. */
export function startTraining(root: string, name: string): string {
  const directory = join(root, name);
  mkdirSync(directory);
  writeConfig(directory);
  writeFileSync(join(directory, 'metrics.jsonl'), lines([row(1), row(2)]));
  const running = { ...thisProcess(), started: new Date().toISOString() };
  writeFileSync(join(directory, 'running.json'), JSON.stringify(running));
  return directory;
}

function writeConfig(directory: string): void {
  const variant = { name: 'dropout=0.5', config: { epochs: 50 } };
  const config = {
    schema: 1,
    options: { exp: '2', data: 'kmnist', seeds: 1 },
    resolved: { seeds: [0], variants: [variant], comparisons: [] },
  };
  writeFileSync(join(directory, 'config.json'), JSON.stringify(config));
}

function begun(directory: string, time: string): void {
  writeFileSync(join(directory, 'environment.json'), JSON.stringify({ started: time }));
}

/** An epoch; later ones are better. */
export function row(epoch: number, change: Partial<MetricsRow> = {}): MetricsRow {
  return {
    variant: 'dropout=0.5',
    seed: 0,
    epoch,
    trainLoss: 1 / epoch,
    trainAccuracy: 1 - 0.5 / epoch,
    valLoss: 0.4 + 0.5 / epoch,
    valAccuracy: 0.9 - 0.3 / epoch,
    improved: true,
    seconds: 2 * epoch,
    ...change,
  };
}

export function lines(rows: readonly MetricsRow[]): string {
  return rows.map((each) => `${JSON.stringify(each)}\n`).join('');
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** A request whose path and headers go out as they are: `fetch` would tidy them up. */
export function ask(
  site: Site,
  path: string,
  options: { readonly method?: string; readonly headers?: Readonly<Record<string, string>> } = {},
): Promise<Answer> {
  const { hostname, port } = new URL(site.server.url);
  return new Promise((resolve, reject) => {
    const sent = request({ hostname, port, path, agent: false, ...options }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (text: string) => (body += text));
      response.on('end', () => {
        resolve({ status: response.statusCode!, headers: response.headers, body });
      });
    });
    sent.on('error', reject).end();
  });
}
