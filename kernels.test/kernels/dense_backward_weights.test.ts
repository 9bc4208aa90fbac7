import { denseBackwardWeightsCall } from './cases/dense_backward_weights.js';
import { describeProduct } from './product-suite.js';

describeProduct('dense_backward_weights', denseBackwardWeightsCall, { exact: true });
