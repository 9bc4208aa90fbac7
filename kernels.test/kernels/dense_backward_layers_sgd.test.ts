import { denseBackwardLayersCall } from './cases/dense_backward_layers.js';
import { describeProduct } from './product-suite.js';

// All that is its own is the update: dense_backward_layers_adamw is tested in every variant.
describeProduct('dense_backward_layers_sgd', (shape) => denseBackwardLayersCall(shape, 'sgd'), {
  exact: false,
  variants: ['tile', 'subgroup8'],
});
