import { leftTable } from '../base/text.js';
import { elements } from '../kernels/index.js';
import type { Op } from './graph.js';
import { kernelLabel, operands, type Plan } from './plan.js';

/**
 * A planned step as text: every dispatch in order with its kernel, grid and work, then every buffer with who
 * shares it. Bytes and FLOPs are those of all trials together.
 */
export function printPlan(plan: Plan): string {
  const { dispatches, buffers, trials } = plan;
  const rows = dispatches.map(({ op, configuration }, i) => [
    String(i + 1),
    op.name,
    kernelLabel({ op, configuration }) +
      (configuration.variant === null ? '' : switches(configuration.constants)),
    [...configuration.grid, trials].join('x'),
    amount(configuration.flops * trials, 'FLOP'),
    amount(configuration.bytes * trials, 'B'),
    tensorList(op, plan),
  ]);
  const total = (key: 'flops' | 'bytes'): number =>
    dispatches.reduce((sum, { configuration }) => sum + configuration[key], 0) * trials;
  const memory = buffers.map(({ name, storage, bytes, tenants }) => [
    name,
    storage,
    amount(bytes, 'B'),
    tenants
      .map(
        ({ tensor, first, last }) =>
          `${tensor.name} [${tensor.rows}x${tensor.columns}] ops ${first + 1}-${last + 1}`,
      )
      .join('; '),
  ]);
  const separate = buffers.reduce(
    (sum, { tenants }) => sum + tenants.reduce((all, { tensor }) => all + 4 * elements(tensor) * trials, 0),
    0,
  );
  const bytes = (storage: string): number =>
    buffers.reduce((sum, buffer) => sum + (buffer.storage === storage ? buffer.bytes : 0), 0);
  return [
    `${dispatches.length} dispatches, ${trials} trial${trials === 1 ? '' : 's'}, ` +
      `${amount(total('flops'), 'FLOP')}, ${amount(total('bytes'), 'B')} touched`,
    '',
    ...leftTable([['#', 'op', 'kernel', 'grid', 'work', 'traffic', 'reads -> writes'], ...rows]),
    '',
    ...leftTable([['buffer', 'kind', 'size', 'shared by'], ...memory]),
    '',
    `memory: ${amount(bytes('persistent') + bytes('shared') + bytes('transient'), 'B')} in all; ` +
      `transient ${amount(bytes('transient'), 'B')} instead of ${amount(separate, 'B')} without sharing`,
  ].join('\n');
}

function tensorList(op: Op, plan: Plan): string {
  const name = (binding: string): string => {
    const tensor = new Map(operands(op)).get(binding)!;
    const { storage, name: buffer } = plan.buffers[plan.bufferOf.get(tensor.id)!]!;
    return storage === 'transient' ? buffer.replace('transient ', 't') : tensor.name;
  };
  const reads = Object.keys(op.reads).map(name).join(', ');
  const writes = [...Object.keys(op.writes), ...Object.keys(op.updates)].map(name).join(', ');
  return `${reads} -> ${writes}`;
}

/** Names of the switches that are on, such as RELU. */
function switches(constants: Readonly<Record<string, number>>): string {
  const on = Object.keys(constants).filter((name) => constants[name] === 1);
  return on.length === 0 ? '' : ` +${on.join('+').toLowerCase()}`;
}

/** 1234567 -> `1.23 MB`. */
export function amount(value: number, unit: string): string {
  const prefixes = ['', 'k', 'M', 'G', 'T'];
  let scaled = value;
  let i = 0;
  while (scaled >= 1000 && i < prefixes.length - 1) {
    scaled /= 1000;
    i++;
  }
  return `${i === 0 ? String(scaled) : scaled.toPrecision(3)} ${prefixes[i]!}${unit}`;
}
