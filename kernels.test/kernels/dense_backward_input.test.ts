import { denseBackwardInputCall } from './cases/dense_backward_input.js';
import { describeProduct } from './product-suite.js';

describeProduct('dense_backward_input', denseBackwardInputCall, { exact: true });
