import { denseBackwardParametersCall } from './cases/dense_backward_parameters.js';
import { describeProduct } from './product-suite.js';

const form = { images: false, update: 'sgd' as const };

describeProduct('dense_backward_parameters_sgd', (shape) => denseBackwardParametersCall(shape, form), {
  exact: false,
});
