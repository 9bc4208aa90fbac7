/** What pages say of a run in words. */
import type { ListedRun, RunState } from './catalogue.js';

export function stateText(state: RunState): string {
  return state === 'stopped' ? 'stopped without results' : state;
}

/** `exp 6, batch size; kmnist10k, 3 seeds`. */
export function whatText({ results, settings }: ListedRun): string {
  const experiment = results?.experiment ?? settings?.experiment;
  const title = results?.title ?? null;
  const data = results?.dataset ?? settings?.data ?? null;
  const seeds = settings?.seeds ?? null;
  const named = experimentText(experiment);
  return [
    title === null ? named : `${named}, ${title}`,
    ...(data === null ? [] : [data]),
    ...(seeds === null ? [] : [seeds === 1 ? 'one seed' : `${seeds} seeds`]),
  ].join('; ');
}

function experimentText(experiment: string | undefined): string {
  if (experiment === undefined) return 'a run';
  if (experiment === 'all') return 'the whole series';
  return /^\d+$/.test(experiment) ? `experiment ${experiment}` : experiment;
}

/** `2026-11-22 17:15`, local to the server, which is where the reader is. */
export function timeText(time: number): string {
  const at = new Date(time);
  const two = (value: number): string => String(value).padStart(2, '0');
  const day = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
  return `${day} ${two(at.getHours())}:${two(at.getMinutes())}`;
}

/** `45 s`, `3 min 20 s`, `1 h 5 min`. */
export function durationText(seconds: number): string {
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}
