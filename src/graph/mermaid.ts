import { overlaps, sources, targets, type Tensor } from './graph.js';
import { kernelLabel, type Plan } from './plan.js';
import { amount } from './print.js';

/**
 * A planned step as a Mermaid flowchart (https://mermaid.js.org), which code hosts draw: a box per dispatch,
 * in order; an arrow for each tensor that one makes and another reads; cylinders for what outlives the step,
 * with a dotted arrow where it is changed.
 */
export function printMermaid(plan: Plan): string {
  const lines: string[] = [];
  const stores = new Set<string>();
  const makers: { readonly tensor: Tensor; readonly node: string }[] = [];
  plan.dispatches.forEach(({ op, configuration }, index) => {
    const node = `op${index + 1}`;
    const { flops } = configuration;
    const work = flops === 0 ? [] : [amount(flops * plan.trials, 'FLOP')];
    const text = [`${index + 1} · ${op.name}`, kernelLabel({ op, configuration }), ...work];
    lines.push(`${node}["${text.join('<br>')}"]`);
    const arrows = new Set<string>();
    for (const tensor of sources(op)) {
      // Of an arena, those of all its parts.
      for (const made of makers.filter((each) => overlaps(each.tensor, tensor)))
        arrows.add(`${made.node} -- "${shapeOf(made.tensor)}" --> ${node}`);
      if (tensor.storage !== 'transient' && !Object.values(op.updates).includes(tensor))
        arrows.add(`${store(tensor, stores)} --> ${node}`);
    }
    for (const tensor of targets(op)) {
      if (tensor.storage === 'transient') makers.push({ tensor, node });
      else arrows.add(`${node} -.-> ${store(tensor, stores)}`);
    }
    lines.push(...arrows);
  });
  const cylinders = [...stores].map((name) => `${idOf(name)}[("${name}")]`);
  return ['flowchart TB', ...[...cylinders, ...lines].map((line) => `  ${line}`)].join('\n');
}

/** The cylinder of a tensor: one for a layer's parameters and their moments, else its own. */
function store(tensor: Tensor, stores: Set<string>): string {
  const layer = tensor.name.replace(/^(first moment of|second moment of|gradient of) /, '').split('.')[0]!;
  const name = tensor.view === undefined ? tensor.name : `parameters of ${layer}`;
  stores.add(name);
  return idOf(name);
}

const idOf = (name: string): string => name.replaceAll(/[^A-Za-z0-9]/g, '_');

const shapeOf = ({ name, rows, columns }: Tensor): string => `${name} ${rows}x${columns}`;
