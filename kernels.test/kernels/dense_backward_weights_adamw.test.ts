import { denseBackwardWeightsAdamwCall } from './cases/dense_backward_weights_adamw.js';
import { describeProduct } from './product-suite.js';

describeProduct('dense_backward_weights_adamw', denseBackwardWeightsAdamwCall, { exact: false });
