import { uniform } from '../arrays.js';
import { denseForwardCall, type ForwardForm } from './cases/dense_forward.js';
import { describeFromImages } from './from-images.js';
import { describeProduct, type ProductShape } from './product-suite.js';

const forms = [{ fused: 'none' }, { fused: 'relu' }, { fused: 'relu and dropout' }] as const;

for (const form of forms) {
  const build = (shape: ProductShape): ReturnType<typeof denseForwardCall> =>
    denseForwardCall(shape, { ...form, images: true });
  describeProduct(`dense_forward_images, followed by ${form.fused}`, build, { exact: false });
}

describeFromImages('dense_forward_images', { batch: 'rows', pixels: 'inner' }, (shape, present) => {
  const all: ForwardForm = { fused: 'relu and dropout', present };
  return {
    fromImages: denseForwardCall({ ...shape, values: uniform }, { ...all, images: true }),
    fromTensor: denseForwardCall({ ...shape, values: uniform }, all),
  };
});
