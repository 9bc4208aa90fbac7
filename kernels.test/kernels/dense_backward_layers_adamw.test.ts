import { denseBackwardLayersCall } from './cases/dense_backward_layers.js';
import { describeProduct } from './product-suite.js';

describeProduct('dense_backward_layers_adamw', (shape) => denseBackwardLayersCall(shape, 'adamw'), {
  exact: false,
});
