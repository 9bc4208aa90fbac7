import { denseForwardCall } from './cases/dense_forward.js';
import { describeProduct } from './product-suite.js';

describeProduct('dense_forward', (shape) => denseForwardCall(shape, { fused: 'none' }), { exact: true });
describeProduct('dense_forward with ReLU', (shape) => denseForwardCall(shape, { fused: 'relu' }), {
  exact: true,
});
describeProduct(
  'dense_forward with ReLU and dropout',
  (shape) => denseForwardCall(shape, { fused: 'relu and dropout' }),
  { exact: false },
);
