/** What lies where in the directory of a run. */
import { commandLine } from '../platform/command-line.js';

/**
 * Files of a run's directory:
 *
 * - `config.json`: what was asked for, usable as `--config`, and what it meant;
 * - `environment.json`: adapter, versions, commit, command;
 * - `metrics.csv`, `metrics.jsonl`: one line per trial and epoch, written while it trains;
 * - `tensorboard/TRIAL/`: event files, if they were asked for;
 * - `running.json`: there only while a process trains;
 * - `checkpoints/TRIAL/best.safetensors`, `last.safetensors`: weights, under the engine's names;
 * - `units/I-of-N/`: what a unit has of its own: owner, environment, metrics, and its results at the end;
 * - `summary.json`: the results: a run that has none did not finish;
 * - `report.html`, `charts/`: the page for people, and its charts as SVG.
 */
export const runFiles = {
  config: 'config.json',
  environment: 'environment.json',
  metricsCsv: 'metrics.csv',
  metricsJsonl: 'metrics.jsonl',
  running: 'running.json',
  checkpoints: 'checkpoints',
  tensorboard: 'tensorboard',
  units: 'units',
  summary: 'summary.json',
  report: 'report.html',
  charts: 'charts',
} as const;

/** Where runs go that nobody named a directory for, and the name under it that leads to the newest. */
export const runsDirectory = 'runs';
export const latestName = 'latest';

/** The folder of a trial: `batch-size=32-seed0`. Only characters that every file system takes. */
export function trialFolder(variant: string, seed: number): string {
  return `${variant.replace(/[^A-Za-z0-9=.,_-]/g, '_')}-seed${seed}`;
}

/** `exp6-20261122-171530`: sorts by time, local to where it runs. */
export function runName(experiment: string, at: Date): string {
  const two = (value: number): string => String(value).padStart(2, '0');
  const day = `${at.getFullYear()}${two(at.getMonth() + 1)}${two(at.getDate())}`;
  return `${experiment}-${day}-${two(at.getHours())}${two(at.getMinutes())}${two(at.getSeconds())}`;
}

/** What to do after a file of a run could not be written, once its reason is gone. */
export function thenResume(directory: string): string {
  return `continue with ${commandLine('train', '--resume', directory)}`;
}
