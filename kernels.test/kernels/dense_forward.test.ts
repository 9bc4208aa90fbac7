import { denseForwardCall } from './cases/dense_forward.js';
import { describeProduct } from './product-suite.js';

describeProduct('dense_forward', (shape) => denseForwardCall(shape, 'none'), { exact: true });
describeProduct('dense_forward with ReLU', (shape) => denseForwardCall(shape, 'relu'), { exact: true });
describeProduct(
  'dense_forward with ReLU and dropout',
  (shape) => denseForwardCall(shape, 'relu and dropout'),
  {
    exact: false,
  },
);
