import { denseBackwardBiasCall } from './cases/dense_backward_bias.js';
import { describeProduct } from './product-suite.js';

describeProduct('dense_backward_bias', denseBackwardBiasCall, {
  exact: true,
  axes: ['inner', 'columns'],
  variants: [null],
});
