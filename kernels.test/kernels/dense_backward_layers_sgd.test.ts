import { denseBackwardLayersCall } from './cases/dense_backward_layers.js';
import { describeProduct } from './product-suite.js';

describeProduct('dense_backward_layers_sgd', (shape) => denseBackwardLayersCall(shape, 'sgd'), {
  exact: false,
});
