import { denseBackwardInputActivationCall } from './cases/dense_backward_input_activation.js';
import { describeProduct } from './product-suite.js';

describeProduct(
  'dense_backward_input_activation',
  (shape) => denseBackwardInputActivationCall(shape, false),
  { exact: true },
);
describeProduct(
  'dense_backward_input_activation with dropout',
  (shape) => denseBackwardInputActivationCall(shape, true),
  {
    exact: false,
  },
);
