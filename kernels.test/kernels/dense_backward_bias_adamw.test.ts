import { denseBackwardBiasAdamwCall } from './cases/dense_backward_bias_adamw.js';
import { describeProduct } from './product-suite.js';

describeProduct('dense_backward_bias_adamw', denseBackwardBiasAdamwCall, {
  exact: false,
  axes: ['inner', 'columns'],
  variants: [null],
});
