/** Profiles in plain text. */
import type { PaceRecord, ProfileRecord, WorkRow } from './profile-record.js';
import type { MemoryRecord } from './memory-record.js';
import { alignedTable } from '../base/text.js';
import { textColumns, wrap } from '../base/text.js';

const none = '-';

/** Everything that a profile says of one group of trials. */
export function profileText(record: ProfileRecord): string {
  return [
    heading(record),
    workTable(record.kernels, kernelNames(record), record),
    workTable(record.ops, opNames(record), record),
    ...notes(record),
    paceText(record),
    memoryTable(record.memory),
  ].join('\n\n');
}

/** The two ceilings, in one line. */
export function ceilingsText({ gflopsPerSecond, gbytesPerSecond }: ProfileRecord['ceilings']): string {
  return `ceilings measured in this run: ${figure(gflopsPerSecond)} GFLOP/s multiply-adds only, ${figure(gbytesPerSecond)} GB/s copying`;
}

function heading({ variants, trials, batch, timedSteps, clock }: ProfileRecord): string {
  const names = variants.length > 3 ? `${variants.length} variants` : variants.join(', ');
  const side = trials === 1 ? '1 trial' : `${trials} trials side by side`;
  const how =
    clock === 'timestamps'
      ? "by the adapter's timestamps"
      : "by the host's clock: no timestamps, so every dispatch was submitted and waited for alone, which its time includes";
  return wrap(
    `${names}: batches of ${batch}, ${side}; ${timedSteps} steps timed dispatch by dispatch, ${how}`,
    textColumns,
    '  ',
  );
}

/** One row per kernel or op, and what is left of the step; numbers first, as names are long. */
function workTable(rows: readonly WorkRow[], names: Names, { between, timedSteps }: ProfileRecord): string {
  const line = (row: Partial<WorkRow>, share: number, totalMs: number): string[] => [
    percentage(share).padStart(5),
    row.count === undefined ? '' : String(row.count),
    figure(totalMs),
    figure(row.meanUs ?? 0),
    row.leastUs == null ? '' : figure(row.leastUs),
    row.gflopsPerSecond === undefined ? '' : figure(row.gflopsPerSecond),
    row.gbytesPerSecond === undefined ? '' : figure(row.gbytesPerSecond),
    row.ceilingShare == null ? '' : `${percentage(row.ceilingShare)} ${row.bound ?? ''}`,
  ];
  const sum = (key: 'totalMs' | 'share'): number => rows.reduce((all, row) => all + row[key], 0);
  const rest = between ?? { meanUs: 0, share: 0 };
  const restMs = (rest.meanUs * timedSteps) / 1000;
  const totalMs = sum('totalMs') + restMs;
  const stepUs = timedSteps === 0 ? 0 : (1000 * totalMs) / timedSteps;
  const last = { count: timedSteps, meanUs: stepUs };
  const numbers = alignedTable([
    ['share', 'count', 'total ms', 'mean µs', 'least µs', 'GFLOP/s', 'GB/s', 'of ceiling'],
    ...rows.map((row) => line(row, row.share, row.totalMs)),
    ...(between === null ? [] : [line({ meanUs: rest.meanUs }, rest.share, restMs)]),
    line(last, sum('share') + rest.share, totalMs),
  ]).split('\n');
  const width = Math.max(...numbers.map((text) => text.length));
  const labels = [
    names.title,
    ...names.rows,
    ...(between === null ? [] : ['between dispatches']),
    'step, all together',
  ];
  return numbers.map((text, i) => `${text.padEnd(width)}  ${labels[i]!}`).join('\n');
}

interface Names {
  readonly title: string;
  readonly rows: readonly string[];
}

const kernelNames = ({ kernels }: ProfileRecord): Names => ({
  title: 'kernel',
  rows: kernels.map(({ name }) => name),
});

function opNames({ ops }: ProfileRecord): Names {
  const [title, ...rows] = alignedLeft([
    ['op, in order', 'kernel', 'grid'],
    ...ops.map(({ name, kernel, grid }) => [name, kernel, grid.join('x')]),
  ]);
  return { title: title!, rows };
}

function alignedLeft(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column]!))
      .join('  ')
      .trimEnd(),
  );
}

function notes({ ceilings, invalid }: ProfileRecord): string[] {
  const text =
    `${ceilingsText(ceilings)}. Rates count useful work only: FLOPs without padding, every operand moved once. ` +
    'Of ceiling: what the nearer ceiling (compute or memory) allows, over what was needed; above 100 % the operands come from a cache.';
  const strange =
    invalid === 0
      ? []
      : [`${invalid} dispatches are left out: their timestamps were missing or ran backwards`];
  return [wrap(text, textColumns), ...strange];
}

function paceText({ pace, watchedPace, evaluation, clock }: ProfileRecord): string {
  const columns: (readonly [string, PaceRecord])[] = [
    [watchedPace === null ? 'this training' : 'unwatched', pace],
    ...(watchedPace === null ? [] : [['every dispatch timed', watchedPace] as const]),
  ];
  const line = (name: string, of: (record: PaceRecord) => string): string[] => [
    name,
    ...columns.map(([, record]) => of(record)),
  ];
  const optional = (value: number | null | undefined, write: (value: number) => string): string =>
    value == null ? none : write(value);
  // By the host's clock, recording and submitting are part of the time of each dispatch.
  const host = (record: PaceRecord, us: number): string =>
    clock === 'wall' && record === watchedPace ? none : figure(us);
  const table = alignedTable([
    ['steps', ...columns.map(([name]) => name)],
    line('steps/s by the clock', (record) => figure(record.stepsPerSecond)),
    line('steps', (record) => String(record.steps)),
    line('steps per submit', (record) => figure(record.stepsPerSubmit)),
    line('host: encode, µs per step', (record) => host(record, record.encodeUsPerStep)),
    line('host: submit, µs per submit', (record) => host(record, record.submitUsPerSubmit)),
    line('adapter: µs per step', (record) => optional(record.gpuUsPerStep, figure)),
    line('adapter: busy with steps', (record) => optional(record.gpuBusyShare, percentage)),
    line('adapter: pause between submits, mean µs', ({ gaps }) => optional(gaps?.meanUs, figure)),
    line('adapter: longest pause, µs', ({ gaps }) => optional(gaps?.longestUs, figure)),
  ]);
  if (evaluation === null) return table;
  return (
    `${table}\nevaluations: ${evaluation.count}, ${figure(evaluation.meanMs)} ms of the adapter each, ` +
    `${percentage(evaluation.share)} of the training's time; then ${figure(evaluation.meanPauseUs / 1000)} ms until the next step`
  );
}

const noBreak = '\u00a0';
const unbroken = (text: string): string => text.replaceAll(' ', noBreak);

/** The rows that are told one by one. */
const mostBuffers = 16;

function memoryTable({ totalBytes, buffers }: MemoryRecord): string {
  const told = buffers.slice(0, mostBuffers);
  const rest = buffers.slice(mostBuffers);
  const restBytes = rest.reduce((sum, { bytes }) => sum + bytes, 0);
  const aligned = alignedTable(told.map(({ name, kind, bytes }) => [name, size(bytes), kind])).split('\n');
  const column = Math.max(...aligned.map((line) => line.length)) + 2;
  const lines = told.map(({ tensors }, i) => {
    const inside = tensors.map((tensor) => unbroken(`${tensor.name} ${size(tensor.bytes)}`)).join(', ');
    const text = wrap(`${aligned[i]!.padEnd(column)}${inside}`.trimEnd(), textColumns, ' '.repeat(column));
    return text.replaceAll(noBreak, ' ');
  });
  return [
    `memory: ${size(totalBytes)} on the device`,
    ...lines,
    ...(rest.length === 0 ? [] : [`${rest.length} smaller kinds of buffers, together ${size(restBytes)}`]),
  ].join('\n');
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

function size(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  if (bytes < 1e6) return `${figure(bytes / 1e3)} kB`;
  return `${figure(bytes / 1e6)} MB`;
}
