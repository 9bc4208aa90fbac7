import { uniform } from '../arrays.js';
import { denseBackwardParametersCall } from './cases/dense_backward_parameters.js';
import { describeFromImages } from './from-images.js';
import { describeProduct } from './product-suite.js';

const form = { images: true, update: 'sgd' as const };

describeProduct('dense_backward_parameters_images_sgd', (shape) => denseBackwardParametersCall(shape, form), {
  exact: false,
});

describeFromImages(
  'dense_backward_parameters_images_sgd',
  { batch: 'inner', pixels: 'rows' },
  (shape, present) => ({
    fromImages: denseBackwardParametersCall({ ...shape, values: uniform }, { ...form, present }),
    fromTensor: denseBackwardParametersCall(
      { ...shape, values: uniform },
      { ...form, images: false, present },
    ),
  }),
);
