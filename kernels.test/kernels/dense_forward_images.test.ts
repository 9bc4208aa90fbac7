import { uniform } from '../arrays.js';
import { denseForwardCall, type ForwardForm } from './cases/dense_forward.js';
import { describeFromImages } from './from-images.js';
import { describeProduct } from './product-suite.js';

// The epilogue is that of dense_forward, which is tested in all its forms.
describeProduct(
  'dense_forward_images with ReLU and dropout',
  (shape) => denseForwardCall(shape, { fused: 'relu and dropout', images: true }),
  { exact: false },
);

describeFromImages('dense_forward_images', { batch: 'rows', pixels: 'inner' }, (shape, present) => {
  const all: ForwardForm = { fused: 'relu and dropout', present };
  return {
    fromImages: denseForwardCall({ ...shape, values: uniform }, { ...all, images: true }),
    fromTensor: denseForwardCall({ ...shape, values: uniform }, all),
  };
});
