import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { defaultLimits, type AdapterTraits } from '../gpu/index.js';
import { planStep, printMermaid } from './index.js';
import { trainingGraph } from '../model/index.js';

const lavapipe: AdapterTraits = { software: true, subgroupSize: 8, limits: defaultLimits, tuning: [] };

function flowchart(hidden: readonly number[], fuse: boolean, trials = 1): string[] {
  const mlp = { inputs: 784, hidden, classes: 10, dropout: true };
  const graph = trainingGraph(mlp, { samples: 6400, indices: 6400, batch: 32, slots: 200 });
  return printMermaid(planStep(graph, lavapipe, { trials, fuse })).split('\n');
}

test('the picture in docs/how-it-works.md is what the scheduler plans', () => {
  const text = readFileSync(new URL('../../docs/how-it-works.md', import.meta.url), 'utf8');
  const [, drawn] = /```mermaid\n(.*?)\n```/s.exec(text) ?? [];
  expect(drawn!.split('\n')).toEqual(flowchart([256, 128], true));
});

describe.each([true, false])('fused: %s', (fuse) => {
  const lines = flowchart([16, 8, 4], fuse, 3);

  test('every arrow leads from and to something that is there, and from earlier to later', () => {
    const nodes = new Set(lines.flatMap((line) => /^ {2}(\w+)\[/.exec(line)?.[1] ?? []));
    const arrows = lines.flatMap((line) => {
      const match = /^ {2}(\w+) (?:-- "[^"]+" -->|-->|-\.->) (\w+)$/.exec(line);
      return match === null ? [] : [[match[1]!, match[2]!] as const];
    });
    expect(arrows.length).toBeGreaterThan(20);
    expect(lines).toHaveLength(1 + nodes.size + arrows.length);
    const step = (node: string): number => Number(/^op(\d+)$/.exec(node)?.[1] ?? Number.NaN);
    for (const [from, to] of arrows) {
      expect([nodes.has(from), nodes.has(to)], `${from} to ${to}`).toEqual([true, true]);
      if (!Number.isNaN(step(from)) && !Number.isNaN(step(to))) expect(step(from)).toBeLessThan(step(to));
    }
  });

  test('names are of the plain kind that needs no escaping', () => {
    for (const line of lines) expect(line).toMatch(/^[\w ·<>.,"()[\]|/:-]*$/);
  });
});
