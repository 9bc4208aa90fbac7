export { initialParameters, packParameters, unpackParameter } from './initialise.js';
export {
  checkGraph,
  evaluationGraph,
  inferenceGraph,
  trainingGraph,
  widths,
  type Feed,
  type Mlp,
} from './mlp.js';
