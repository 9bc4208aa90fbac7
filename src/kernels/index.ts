export {
  elements,
  padded,
  type Configuration,
  type KernelCall,
  type Matrix,
  type Operand,
  type ProductShape,
} from './kernel.js';
export { packParams, type Binding, type ParamField, type Reflection } from './reflect.js';
export { metricsTile } from './batch.js';
export { normParts } from './clip.js';
export { padRows, unpadRows } from './rows.js';
export {
  kernelNamed,
  kernels,
  kernelSource,
  type Kernel,
  type KernelName,
  type KernelSource,
} from './registry.js';
export { layerAttributes, mostLayers, type LayerCall } from './layers.js';
export {
  hasLowTiles,
  productTile,
  productTiles,
  productVariant,
  runnableVariants,
  span,
  updatesTogether,
} from './rules.js';
export { productVariants, shaderHead, type ProductVariant } from './source.js';
export {
  adam,
  maxTrials,
  packSteps,
  packDropout,
  dropoutBytes,
  packTrials,
  stepBytes,
  stepStride,
  trialBytes,
  type StepRecord,
  type TrialRecord,
} from './tables.js';
export {
  parseTuning,
  requireSameAdapter,
  tuningFile,
  tuningFormat,
  tuningText,
  type Tuning,
} from './tuning.js';
