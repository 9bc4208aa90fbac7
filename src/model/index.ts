export { initialParameters, unpackParameter } from './initialise.js';
export { checkGraph, evaluationGraph, trainingGraph, widths, type Feed, type Mlp } from './mlp.js';
