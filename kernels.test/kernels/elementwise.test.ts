import { elementwiseKernels } from './elementwise-kernels.js';
import { describeElementwise } from './elementwise-suite.js';

for (const [kernel, { build }] of Object.entries(elementwiseKernels)) describeElementwise(kernel, build);
