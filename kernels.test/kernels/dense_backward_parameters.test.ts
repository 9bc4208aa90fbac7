import { denseBackwardParametersCall } from './cases/dense_backward_parameters.js';
import { describeProduct } from './product-suite.js';

const form = { images: false, update: null };

describeProduct('dense_backward_parameters', (shape) => denseBackwardParametersCall(shape, form), {
  exact: true,
});
