export { differentiate } from './differentiate.js';
export { fuse } from './fuse/index.js';
export {
  addOp,
  addParameters,
  addTensor,
  createGraph,
  overlaps,
  root,
  type Arenas,
  type Graph,
  type Op,
  type Parameter,
  type Tensor,
} from './graph.js';
export { lifetimes, planMemory, type Lifetime, type Slot } from './memory.js';
export * from './ops.js';
export { addOptimizer, type Update } from './optimizer.js';
export {
  kernelLabel,
  largestBuffer,
  largestPlanned,
  mostTrials,
  operands,
  planStep,
  sideBySide,
  trialStride,
  type Plan,
  type PlannedBuffer,
  type PlannedDispatch,
} from './plan.js';
export { printMermaid } from './mermaid.js';
export { amount, printPlan } from './print.js';
export { replay, type Program } from './program.js';
export { schedule } from './schedule.js';
export {
  createSession,
  firstStep,
  plainTrial,
  withSession,
  type Session,
  type SessionOptions,
} from './session.js';
