import { expect, test } from 'vitest';
import { defaultLimits } from '../gpu/index.js';
import { addOp, addTensor, createGraph, planStep } from './index.js';

const traits = { software: true, subgroupSize: null, limits: defaultLimits };
const shape = { rows: 4, columns: 4 };

test('an op that reads what it writes is refused', () => {
  const graph = createGraph();
  const x = addTensor(graph, 'x', shape);
  addOp(graph, { kernel: 'relu_forward', name: 'loop', reads: { x }, writes: { y: x } });
  expect(() => planStep(graph, traits, { trials: 1 })).toThrow(/op loop reads a tensor that it also writes/);
});

test('two persistent tensors of one name are refused, as buffers are given by name', () => {
  const graph = createGraph();
  const x = addTensor(graph, 'state', shape, 'persistent');
  const y = addTensor(graph, 'state', shape, 'persistent');
  addOp(graph, { kernel: 'relu_forward', name: 'relu', reads: { x }, writes: { y } });
  expect(() => planStep(graph, traits, { trials: 1 })).toThrow(/both called state/);
});
