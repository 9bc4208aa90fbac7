import { denseBackwardParametersCall } from './cases/dense_backward_parameters.js';
import { describeProduct } from './product-suite.js';

const form = { images: false, update: 'adamw' as const };

describeProduct('dense_backward_parameters_adamw', (shape) => denseBackwardParametersCall(shape, form), {
  exact: false,
});
