/** Profiles in plain text. */
import { alignedTable, leftTable, textColumns, wrap } from '../base/text.js';
import { amount } from '../graph/print.js';
import type { MemoryRecord } from './memory-record.js';
import type { PaceRecord, ProfileRecord, WorkRow } from './profile-record.js';

/** Everything that a profile says of one group of trials. */
export function profileText(record: ProfileRecord): string {
  const kernels = ['kernel', ...record.kernels.map(({ name }) => name)];
  const ops = leftTable([
    ['op, in order', 'kernel', 'grid'],
    ...record.ops.map(({ name, kernel, grid }) => [name, kernel, grid.join('x')]),
  ]);
  return [
    heading(record),
    workTable(record.kernels, kernels, record),
    workTable(record.ops, ops, record),
    ...notes(record),
    paceText(record),
    ...paceNotes(record),
    memoryTable(record.memory),
  ].join('\n\n');
}

function heading({ variants, trials, batch, timedSteps, clock }: ProfileRecord): string {
  const names = variants.length > 3 ? `${variants.length} variants` : variants.join(', ');
  const side = trials === 1 ? '1 trial' : `${trials} trials side by side`;
  const how =
    clock === 'timestamps'
      ? "by the adapter's timestamps"
      : "by the host's clock: no timestamps, so every dispatch was submitted and waited for alone, which " +
        'its time includes';
  const timed = `${timedSteps} steps timed dispatch by dispatch, ${how}`;
  return wrap(`${names}: batches of ${batch}, ${side}; ${timed}`, textColumns, '  ');
}

/**
 * One row per kernel or op, what is left of the step, and all of it; numbers first, as names are long.
 * @param names of the rows, after their heading
 */
function workTable(
  rows: readonly WorkRow[],
  names: readonly string[],
  { between, timedSteps }: ProfileRecord,
): string {
  const rest = between ?? { meanUs: 0, share: 0 };
  const restMs = (rest.meanUs * timedSteps) / 1000;
  const totalMs = rows.reduce((sum, row) => sum + row.totalMs, restMs);
  const share = rows.reduce((sum, row) => sum + row.share, rest.share);
  const meanUs = timedSteps === 0 ? 0 : (1000 * totalMs) / timedSteps;
  const numbers = alignedTable([
    ['share', 'count', 'total ms', 'mean µs', 'least µs', 'GFLOP/s', 'GB/s', 'of ceiling'],
    ...rows.map(workCells),
    ...(between === null ? [] : [workCells({ ...rest, totalMs: restMs })]),
    workCells({ count: timedSteps, meanUs, share, totalMs }),
  ]).split('\n');
  const width = Math.max(...numbers.map((text) => text.length));
  const labels = [...names, ...(between === null ? [] : ['between dispatches']), 'step, all together'];
  return numbers.map((text, i) => `${text.padEnd(width)}  ${labels[i]!}`).join('\n');
}

/** What is left out does not apply. */
function workCells(row: Partial<WorkRow> & Pick<WorkRow, 'share' | 'totalMs' | 'meanUs'>): string[] {
  const optional = (value: number | null | undefined): string => (value == null ? '' : figure(value));
  return [
    percentage(row.share).padStart(5),
    row.count === undefined ? '' : String(row.count),
    figure(row.totalMs),
    figure(row.meanUs),
    optional(row.leastUs),
    optional(row.gflopsPerSecond),
    optional(row.gbytesPerSecond),
    row.ceilingShare == null ? '' : `${percentage(row.ceilingShare)} ${row.bound ?? ''}`,
  ];
}

function notes({ ceilings: { gflopsPerSecond, gbytesPerSecond }, invalid }: ProfileRecord): string[] {
  const text =
    `ceilings measured in this run: ${figure(gflopsPerSecond)} GFLOP/s multiply-adds only, ` +
    `${figure(gbytesPerSecond)} GB/s copying. Rates count useful work only: FLOPs without padding, every ` +
    'operand moved once. Of ceiling: what the nearer ceiling (compute or memory) allows, over what was ' +
    'needed; above 100 % the operands come from a cache.';
  const strange = `${invalid} dispatches are left out: their timestamps were missing or ran backwards`;
  return [wrap(text, textColumns), ...(invalid === 0 ? [] : [strange])];
}

function paceText({ pace, watchedPace, evaluation, clock }: ProfileRecord): string {
  const columns: (readonly [string, PaceRecord])[] = [
    [watchedPace === null ? 'this training' : 'unwatched', pace],
    ...(watchedPace === null ? [] : [['every dispatch timed', watchedPace] as const]),
  ];
  const row = (
    name: string,
    of: (record: PaceRecord) => number | null | undefined,
    write = figure,
  ): string[] => {
    const cells = columns.map(([, record]) => of(record));
    return [name, ...cells.map((value) => (value == null ? '-' : write(value)))];
  };
  // By the host's clock, recording and submitting are part of the time of each dispatch.
  const host = (record: PaceRecord, us: number): number | null =>
    clock === 'wall' && record === watchedPace ? null : us;
  const table = alignedTable([
    ['steps', ...columns.map(([name]) => name)],
    row('steps/s by the clock', (record) => record.stepsPerSecond),
    row('steps', (record) => record.steps, String),
    row('steps per submit', (record) => record.stepsPerSubmit),
    row('host: encode, µs per step', (record) => host(record, record.encodeUsPerStep)),
    row('host: submit, µs per submit', (record) => host(record, record.submitUsPerSubmit)),
    row('adapter: µs per step', (record) => record.gpuUsPerStep),
    row('adapter: busy with steps', (record) => record.gpuBusyShare, percentage),
    row('adapter: pause between submits, mean µs', ({ gaps }) => gaps?.meanUs),
    row('adapter: longest pause, µs', ({ gaps }) => gaps?.longestUs),
  ]);
  if (evaluation === null) return table;
  const { count, meanMs, share, meanPauseUs } = evaluation;
  return (
    `${table}\nevaluations: ${count}, ${figure(meanMs)} ms of the adapter each, ${percentage(share)} of ` +
    `the training's time; then ${figure(meanPauseUs / 1000)} ms until the next step`
  );
}

/** Seconds: below, the pace is that of a training's first moments, when the host has not got ahead yet. */
const shortPace = 0.3;
/** An adapter that is busy for this share of the time waits for nobody. */
const busy = 0.9;
/** Passes of their own that make a step longer by this factor are told. */
const costlyPasses = 1.25;

/** How the pace, and the times of single dispatches, differ from those of a long training. */
function paceNotes({ pace, watchedPace }: ProfileRecord): string[] {
  const [together, apart] = [pace.gpuUsPerStep, watchedPace?.gpuUsPerStep];
  if (together === null || apart == null) return [];
  const second = Math.min(100_000, Number((1e6 / Math.max(together, 1)).toPrecision(1)));
  const short =
    `The unwatched ${pace.steps} steps took ${figure(1000 * pace.seconds)} ms, in part of which the adapter ` +
    `waited for the host's first submits: --steps ${second} shows the pace of a long training.`;
  const passes =
    `Timed one by one the dispatches of a step take ${figure(apart)} µs of the adapter, else ` +
    `${figure(together)}: each then has a pass of its own, whose start and end are in its time.`;
  const notes = [
    ...(pace.seconds < shortPace && pace.gpuBusyShare! < busy && second > pace.steps ? [short] : []),
    ...(apart > costlyPasses * together ? [passes] : []),
  ];
  return notes.length === 0 ? [] : [wrap(notes.join(' '), textColumns)];
}

/** The rows that are told one by one. */
const mostBuffers = 16;

function memoryTable({ totalBytes, buffers }: MemoryRecord): string {
  const size = (bytes: number): string => amount(bytes, 'B');
  const told = buffers.slice(0, mostBuffers);
  const rest = buffers.slice(mostBuffers);
  const aligned = alignedTable(told.map(({ name, kind, bytes }) => [name, size(bytes), kind])).split('\n');
  const column = Math.max(...aligned.map((line) => line.length)) + 2;
  const noBreak = '\u00a0';
  const lines = told.map(({ tensors }, i) => {
    const inside = tensors.map(({ name, bytes }) => `${name} ${size(bytes)}`.replaceAll(' ', noBreak));
    const text = `${aligned[i]!.padEnd(column)}${inside.join(', ')}`.trimEnd();
    return wrap(text, textColumns, ' '.repeat(column)).replaceAll(noBreak, ' ');
  });
  const restBytes = rest.reduce((sum, { bytes }) => sum + bytes, 0);
  const others = `${rest.length} smaller kinds of buffers, together ${size(restBytes)}`;
  const total = `memory: ${size(totalBytes)} on the device`;
  return [total, ...lines, ...(rest.length === 0 ? [] : [others])].join('\n');
}

/** Three significant digits, never in scientific notation: what a measurement is worth. */
export function figure(value: number): string {
  const size = Math.abs(value);
  if (size === 0) return '0';
  if (size >= 100) return value.toFixed(0);
  return value.toFixed(size >= 10 ? 1 : size >= 1 ? 2 : 3);
}

function percentage(share: number): string {
  const percent = 100 * share;
  return `${percent.toFixed(percent >= 9.95 || percent === 0 ? 0 : 1)} %`;
}
