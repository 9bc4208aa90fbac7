/** Which tensors take how much of the device's memory. */
import { elements } from '../kernels/index.js';
import type { PlannedBuffer, Tensor } from '../graph/index.js';
import type { GroupProfile } from './measurement.js';

export interface MemoryRow {
  readonly name: string;
  readonly kind: PlannedBuffer['storage'] | 'other';
  /** For all trials together. */
  readonly bytes: number;
  /** Tensors that lie in it one after another, or side by side in an arena. */
  readonly tensors: readonly { readonly name: string; readonly bytes: number }[];
}

export type MemoryRecord = Readonly<ReturnType<typeof memoryRecord>>;

/**
 * Every buffer of the device while a group trained, largest first; buffers of the same name (dispatch
 * parameters, staging) are added up. Those that the training step works on tell their tensors.
 */
export function memoryRecord({ plan, buffers }: GroupProfile) {
  const rows = new Map<string, MemoryRow>();
  const unmatched = new Set(plan.buffers);
  for (const { label, bytes } of buffers) {
    const planned = [...unmatched].find((each) => isBuffer(each, label, bytes));
    if (planned !== undefined) unmatched.delete(planned);
    const name = planned === undefined ? otherName(label) : label;
    const before = rows.get(name);
    rows.set(name, {
      name,
      kind: planned?.storage ?? 'other',
      bytes: bytes + (before?.bytes ?? 0),
      tensors: before?.tensors ?? tensorsIn(planned, plan),
    });
  }
  return {
    totalBytes: buffers.reduce((sum, { bytes }) => sum + bytes, 0),
    buffers: [...rows.values()].sort((a, b) => b.bytes - a.bytes),
  };
}

/** By label, and transient ones by size: other programs have transient buffers of the same names. */
function isBuffer(planned: PlannedBuffer, label: string, bytes: number): boolean {
  if (planned.storage === 'transient') return planned.name === label && planned.bytes === bytes;
  return label.replace(/^training /, '') === planned.name;
}

function otherName(label: string): string {
  if (label.endsWith(' params')) return 'dispatch parameters';
  return label.startsWith('transient ') ? 'transients of the evaluation' : label;
}

function tensorsIn(buffer: PlannedBuffer | undefined, plan: GroupProfile['plan']): MemoryRow['tensors'] {
  if (buffer === undefined) return [];
  const tensors =
    buffer.storage === 'transient' ? buffer.tenants.map(({ tensor }) => tensor) : viewsOf(buffer, plan);
  return tensors.map((tensor) => ({ name: tensor.name, bytes: 4 * elements(tensor) * plan.trials }));
}

/** The tensors that a plan's ops see in an arena, in the order of their places. */
function viewsOf(arena: PlannedBuffer, plan: GroupProfile['plan']): Tensor[] {
  const operands = plan.dispatches.flatMap(({ op }) =>
    [op.reads, op.writes, op.updates].flatMap((group) => Object.values(group)),
  );
  const seen = operands.filter(({ view }) => view?.arena.name === arena.name);
  const views = [...new Map(seen.map((tensor) => [tensor.name, tensor])).values()];
  // A kernel may see several tensors as one; its view then says nothing that they do not.
  return views
    .filter((view) => !views.some((other) => other !== view && holds(view, other)))
    .sort((a, b) => a.view!.offset - b.view!.offset);
}

/** Whether a view covers another, and more. */
function holds(view: Tensor, other: Tensor): boolean {
  const [start, innerStart] = [view.view!.offset, other.view!.offset];
  const [size, innerSize] = [elements(view), elements(other)];
  return start <= innerStart && innerStart + innerSize <= start + size && innerSize < size;
}
