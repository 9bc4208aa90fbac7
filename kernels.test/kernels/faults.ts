/**
 * Faults as people make them: each a replacement in the text of one shader file, which the kernels' tests
 * must find.
 */
import { elementwiseKernels, type FaultText } from './elementwise-kernels.js';

export interface Fault {
  /** In shaders/. */
  readonly file: string;
  readonly what: string;
  /** Its first occurrence is replaced. */
  readonly text: string;
  readonly instead: string;
}

const byFile: Readonly<Record<string, readonly FaultText[]>> = {
  'gather.wgsl': [
    ['another divisor', '/ 255.0', '/ 256.0'],
    ['the start of the list', 'step.offset + row', 'row'],
    ['rows behind the batch', 'row >= step.rows', 'row > step.rows'],
    ['bytes in another order', 'vec4u(0u, 8u, 16u, 24u)', 'vec4u(24u, 16u, 8u, 0u)'],
    ['features in another order', 'images[at + 1u], images[at + 2u]', 'images[at + 2u], images[at + 1u]'],
    ['the labels of the list, not of the samples', 'labels[sample]', 'labels[row]'],
  ],
  'lib/dense.wgsl': [
    ['the stride of trials', 'trial.index * params.b_stride', 'trial.index * params.a_stride'],
    ['B of the first trial for all', 'trial.index * params.b_stride', '0u'],
    ['A of the first trial for all', 'trial.index * params.a_stride', '0u'],
    ['rows of B too close', 'b_base + r * b_row4', 'b_base + r * (b_row4 - 1u)'],
    ['rows of A as long as those of B', 'select(rows / 4u,', 'select(columns4,'],
  ],
  'lib/bounds.wgsl': [
    ['values of padding rows', 'i < rows && j4', 'j4'],
    ['a row that is not written', 'i < rows', 'i + 1u < rows'],
    ['no guard against padding columns', ' && j4 < columns4', ''],
  ],
  'lib/tensor.wgsl': [
    ['rows of A too close', 'row * a_row4', 'row * (a_row4 - 1u)'],
    ['rows left out', 'return true', 'return row < step.rows'],
  ],
  'lib/forward.wgsl': [['w transposed', 'const B_ALONG_K = false', 'const B_ALONG_K = true']],
  'lib/dense_forward.wgsl': [
    ['no bias', ' + b[', ' + 0.0 * b['],
    ['a sum that is not scaled', 'scaled(sum)', 'sum'],
    ['no ReLU', 'max(value, vec4f())', 'value'],
    ['dropout before its place is known', 'quad, params.layer', 'j4, params.layer'],
    ['one mask for all layers', 'params.layer', '0u'],
    ['the bias of the first trial for all', 'trial.index * params.bias_stride', '0u'],
  ],
  'lib/images.wgsl': [
    ['rows behind a short batch', 'row < step.rows', 'row <= step.rows'],
    ['no guard for them', 'row < step.rows', 'true'],
    ['no divisor', 'of_pixels(sum)', 'sum'],
    ['images too close', 'row, a_row4', 'row, a_row4 - 1u'],
    ['the list of another trial', 'a_base, row', '0u, row'],
  ],
  'lib/pixels.wgsl': [
    ['another divisor', '/ 255.0', '/ 256.0'],
    ['no divisor', '/ 255.0', ''],
    ['bytes in another order', 'vec4u(0u, 8u, 16u, 24u)', 'vec4u(24u, 16u, 8u, 0u)'],
    ['the last image left out', 'step.rows - 1u', 'step.rows - 2u'],
    ['the start of the list', 'step.offset + ', ''],
    ['images too close', 'sample * words', 'sample * (words - 1u)'],
    ['the list of another trial', 'list + ', ''],
  ],
  'lib/backward_layers.wgsl': [
    ['the last layer taken for the one before', 'n < params.count', 'n + 1u < params.count'],
    ['the tile before a layer', 'tile >= params.layers[n].first_tile', 'tile > params.layers[n].first_tile'],
    ['tiles counted from the first layer on', 'tile - layer.first_tile', 'tile'],
    ['a grid without rows', 'workgroup.y * params.grid_columns + ', ''],
    ['x of another trial', 'trial.index * layer.a_stride', '0u'],
    ['dy of another trial', 'trial.index * layer.b_stride', '0u'],
    ['the start of the arena of x', ' + layer.a_start4', ''],
    ['the start of the arena of dy', ' + layer.b_start4', ''],
    ['the parameters of another trial', 'trial.index * params.c_stride', '0u'],
    ['another arena', 'return arena1[place]', 'return arena2[place]'],
    ['the bias over the weights', 'layer.bias4 + j4', 'layer.weights4 + j4'],
    ['a layer over the first', 'c_base + layer.weights4', 'c_base'],
    ['bytes that are not scaled', 'select(sum, of_pixels(sum), layer.a_arena == IMAGES)', 'sum'],
    ['activations that are scaled', 'select(sum, of_pixels(sum), layer.a_arena == IMAGES)', 'of_pixels(sum)'],
  ],
  'dense_softmax_cross_entropy.wgsl': [
    ['no bias', ' + b[trial.index * params.bias_stride + j4]', ''],
    ['no barrier before the rows are read', '  workgroupBarrier();\n  for', '  for'],
    ['rows of a tile left out', 'r < TILE_ROWS; r += lanes', 'r + 1u < TILE_ROWS; r += lanes'],
    ['metrics of another step', 'step.slot * params.tiles', '0u'],
    ['the record of another tile', ' + first + part]', ' + part]'],
    ['a record too many', 'params.tiles - first', 'params.tiles'],
    ['the rows of another record', 'let r0 = METRICS_TILE * part', 'let r0 = 0u'],
    ['predictions behind a short batch', 'predicted[place] = NO_CLASS;', 'predicted[place] = 0u;'],
    ['gradients behind a short batch', 'no_gradient(row, columns4);', ''],
    ['the label of another sample', 'step.offset + row', 'row'],
  ],
  'lib/softmax.wgsl': [
    ['the last of equals', 'value > largest', 'value >= largest'],
    ['no label in the gradient', '(softmax - target_of(j4, label, classes))', 'softmax'],
    ['the sum instead of the mean', '* step.inverse_rows', ''],
    ['padding in the sum', '< vec4u(classes)', '< vec4u(classes + 1u)'],
    ['no largest logit in the loss', 'largest - label_logit', '-label_logit'],
    ['a target that adds up to more than 1', '(1.0 - trial.label_smoothing) * onehot', 'onehot'],
    ['all of the smoothing for each class', 'trial.label_smoothing / f32(classes)', 'trial.label_smoothing'],
    ['smoothing in padding columns', 'columns_of(j4) < vec4u(classes));\n}', 'vec4<bool>(true));\n}'],
    ['a loss that is not smoothed', 'sum += share *', 'sum += 0.0 *'],
    ['smoothing where it is 0', ' || trial.label_smoothing == 0.0', ''],
    ['exponentials that overflow', 'exp(value - largest)', 'exp(value)'],
    ['the last class never looked at', 'c < classes', 'c + 1u < classes'],
  ],
  'softmax_cross_entropy.wgsl': [
    ['rows behind the batch', 'row >= step.rows', 'row > step.rows'],
    ['logits of another trial', '(trial.index * params.rows + row)', 'row'],
  ],
  'dense_backward_input_activation.wgsl': [
    ['a gradient where the activation is 0', '> vec4f()', '>= vec4f()'],
    ['no scale of what dropout kept', 'value * select(1.0, keep_scale(params.layer), DROPOUT)', 'value'],
    ['a scale without dropout', 'select(1.0, keep_scale(params.layer), DROPOUT)', 'keep_scale(params.layer)'],
  ],
  'lib/backward.wgsl': [
    ['a sum that is not scaled', 'columns4 + j4, scaled(sum)', 'columns4 + j4, sum'],
    ['the slice of another trial', 'trial.index * params.c_stride', '0u'],
  ],
  'lib/backward_input.wgsl': [
    ['a row of dy too far', 'a_base + r * a_row4', 'a_base + (r + 1u) * a_row4'],
    ['scaled like bytes', 'return sum', 'return sum / 255.0'],
    ['w not transposed', 'const B_ALONG_K = true', 'const B_ALONG_K = false'],
  ],
  'lib/backward_weights.wgsl': [['x not transposed', 'const A_ALONG_K = false', 'const A_ALONG_K = true']],
  'lib/backward_parameters.wgsl': [
    ['the bias over the weights', 'params.bias4 + j4', 'j4'],
    ['the bias of another trial', 'trial.index * params.c_stride', '0u'],
    ['a bias that is scaled', 'params.bias4 + j4, sum', 'params.bias4 + j4, scaled(sum)'],
  ],
  'dense_backward_bias.wgsl': [
    ['a batch that ends early', 'i < params.rows', 'i + 4u < params.rows'],
    ['the arena of another trial', 'trial.index * params.b_stride', '0u'],
  ],
  'lib/philox.wgsl': [
    ['nine rounds', 'round < 10u', 'round < 9u'],
    ['a carry that is lost', ' + (middle_low >> 16u)', ''],
    ['one digit of a constant', '0x9e3779b9u', '0x9e3779b8u'],
    ['the key added before, not after', 'c = vec4u(p1.y ^ c.y ^ k.x', 'c = vec4u(p1.y ^ c.y ^ k.y'],
  ],
  'lib/dropout.wgsl': [
    ['one mask for all steps', 'step.number, layer', '0u, layer'],
    ['one mask for all layers', 'step.number, layer', 'step.number, 0u'],
    ['half of the seed', 'trial.seed_high)', '0u)'],
    ['no scale', 'value * keep_scale(layer)', 'value'],
    ['the probability of another layer', 'layer % DROPOUT_LAYERS', '0u'],
    ['the probability of the layer beside it', 'place % 2u == 1u', 'place % 2u == 0u'],
    ['the probability of another trial', 'trial.index * DROPOUT_LAYERS', '0u'],
    ['what is to be kept dropped', 'draw >= vec4u', 'draw < vec4u'],
  ],
  'lib/metrics.wgsl': [['records of other rows', '= 8u', '= 4u']],
  'reduce_metrics.wgsl': [
    ['rows behind the batch', 'METRICS_TILE, step.rows', 'METRICS_TILE, params.rows'],
    ['the record of another step', 'step.slot * params.tiles', '0u'],
    ['a row too many', 'row < min(', 'row <= min('],
  ],
  'confusion.wgsl': [
    ['the start of the list', 'step.offset + row', 'row'],
    ['counts that are overwritten', 'atomicAdd(&', 'atomicStore(&'],
    [
      'actual for predicted',
      'label * params.classes + predicted[trial.index * params.rows + row]',
      'predicted[trial.index * params.rows + row] * params.classes + label',
    ],
  ],
  'lib/adamw.wgsl': [
    ['no second correction', '* step.second_correction', ''],
    ['no first correction', '* step.first_correction', ''],
    ['no ε', ' + EPSILON)', ')'],
    [
      'ε inside the root',
      'sqrt(second) * step.second_correction + EPSILON',
      'sqrt(second + EPSILON) * step.second_correction',
    ],
    ['another ε', 'EPSILON: f32 = 1e-8', 'EPSILON: f32 = 1e-7'],
    ['no coupled decay', 'gradient + trial.coupled_decay * p', 'gradient'],
    ['no decoupled decay', 'trial.shrink * p', 'p'],
    ['β1 for β2', 'ONE_MINUS_BETA2 * g * g', 'ONE_MINUS_BETA1 * g * g'],
    ['the old first moment', 'rate * first /', 'rate * m[place] /'],
    ['the gradient before the coupled decay', 'ONE_MINUS_BETA1 * g', 'ONE_MINUS_BETA1 * gradient'],
    ['moments exchanged', 'm[place] = first', 'm[place] = second'],
    ['the wrong moment', 'BETA1 * m[place]', 'BETA1 * v[place]'],
  ],
  'lib/sgd.wgsl': [
    ['no momentum', 'trial.momentum * m[place] + g', 'g'],
    ['no coupled decay', 'gradient + trial.coupled_decay * p', 'gradient'],
    ['no decoupled decay', 'trial.shrink * p', 'p'],
    ['dampening', 'm[place] + g', 'm[place] + (1.0 - trial.momentum) * g'],
    ['the gradient instead of the buffer', 'learning_rate * velocity', 'learning_rate * g'],
    ['Nesterov', 'learning_rate * velocity', 'learning_rate * (g + trial.momentum * velocity)'],
    ['the rate in the buffer', 'm[place] = velocity', 'm[place] = trial.learning_rate * velocity'],
  ],
  'lib/workgroup_sum.wgsl': [
    ['the last invocation left out', 'i < WORKGROUP', 'i + 1u < WORKGROUP'],
    ['no barrier', 'workgroupBarrier();', ''],
  ],
  'gradient_norm.wgsl': [
    ['no square', 'value * value', 'value'],
    ['parts that overlap', 'i < end', 'i <= end'],
    ['a component left out', ' + (sum.z + sum.w)', ' + sum.z'],
    ['the gradient of another trial', 'trial.index * params.stride', '0u'],
    ['the norm of another trial', 'trial.index * params.squares_stride', '0u'],
  ],
  'clip_gradients.wgsl': [
    ['no root', 'sqrt(workgroup_sum(lane, part))', 'workgroup_sum(lane, part)'],
    ['no 1e-6', 'norm + 1e-6', 'norm'],
    ['gradients scaled up', 'divisor > trial.max_norm', 'true'],
    ['none clipped where one is not', 'trial.max_norm == 0.0', 'trials[0].max_norm == 0.0'],
    ['a part left out', 'i < params.parts', 'i + 1u < params.parts'],
    ['the norm of another trial', 'trial.index * params.squares_stride', '0u'],
    ['the gradient of another trial', 'scale * g[place]', 'scale * g[i]'],
  ],
  'nonfinite.wgsl': [
    ['another exponent', 'exponent == vec4u(0x7f800000u)', 'exponent == vec4u(0x7f000000u)'],
    ['places from the wrong end', 'params.length4 - i', 'i'],
    ['the flag of another trial', 'flags[4u * trial.index]', 'flags[0]'],
    ['the last place instead of the first', 'atomicMax(', 'atomicMin('],
  ],
  'lib/elementwise.wgsl': [
    ['workgroups that overlap', 'workgroup.x * ITEMS + item', 'workgroup.x + item'],
    ['one vec4 too many', 'i < params.length4', 'i <= params.length4'],
    ['the last vec4 left out', 'i < params.length4', 'i + 1u < params.length4'],
    ['the stride of trials', 'trial.index * params.stride', 'trial.index * params.length4'],
  ],
  'lib/four_k.wgsl': [
    ['a k too far', 'b_row(r + 3u)', 'b_row(r + 4u)'],
    [
      'two k exchanged',
      'fma(vec4f(a.y), b[1], fma(vec4f(a.x), b[0], sum))',
      'fma(vec4f(a.x), b[1], fma(vec4f(a.y), b[0], sum))',
    ],
    ['a transpose that is none', 'vec4f(b0.y, b1.y, b2.y, b3.y)', 'b1'],
    ['a term of the bias left out', ' + b[3]', ''],
  ],
  'lib/tile/product.wgsl': [
    ['a round too few', 'k4 < rounds; k4 += 4u', 'k4 + 4u < rounds; k4 += 4u'],
    ['blocks beyond K', 'k4 + inner < rounds', 'k4 + inner <= rounds'],
    ['a transpose that is none', 'v = turn(v);', ''],
    ['no barrier behind the loads', 'workgroupBarrier();', ''],
    ['the bias of every tile', 'SUM_B && i0 == 0u && ti == 0u', 'SUM_B && ti == 0u'],
    ['rows of C exchanged', 'i0 + 4u * ti + r', 'i0 + 4u * ti + 3u - r'],
  ],
  'lib/tile128/product.wgsl': [
    ['a round too few', 'k4 < rounds; k4 += 2u', 'k4 + 2u < rounds; k4 += 2u'],
    ['k beyond K', 'own_k4 >= rounds', 'own_k4 > rounds'],
    ['the stage that is being multiplied', 'stage = 1u - stage;', ''],
    ['no barrier behind the loads', 'workgroupBarrier();', ''],
    ['the bias of every tile', 'SUM_B && i0 == 0u && ti == 0u', 'SUM_B && ti == 0u'],
    [
      'the block 64 below for the one above',
      't4 = fma(vec4f(a1.x), b1, t4)',
      't4 = fma(vec4f(a0.x), b1, t4)',
    ],
    ['a row of the other block', 'array<vec4f, 8>(s0, s1,', 'array<vec4f, 8>(s0, t1,'],
  ],
  'lib/split/product.wgsl': [
    ['a slice left out', 'p < 8u; p++', 'p < 7u; p++'],
    ['half of the slices', 's[r] + partial[slice][r][quad]', 's[r]'],
    ['a slice of the bias left out', 'p < 16u; p++', 'p < 15u; p++'],
    ['slices that overlap', 'k4 += 16u', 'k4 += 15u'],
    [
      'the bias of one slice',
      'partial[slice / 8u][slice % 8u][quad] = b_sum;',
      'partial[0][0][quad] = b_sum;',
    ],
    ['no barrier between the slices', 'workgroupBarrier();', ''],
  ],
  'lib/register/product.wgsl': [
    ['the last round left out', 'k4 < rounds', 'k4 + 1u < rounds'],
    ['the rows of another quarter', 'local.y * 8u;', 'local.y * 4u;'],
    ['high for low', 'fma(vec4f(high[r]), b[q], sum[r + 4u])', 'fma(vec4f(low[r]), b[q], sum[r + 4u])'],
  ],
  'lib/wide/product.wgsl': [
    ['the last round left out', 'k4 < rounds', 'k4 + 1u < rounds'],
    ['the rows of the other half', 'local.y * 16u', 'local.y * 8u'],
    ['a transpose that is none', 'vec4f(v0.y, v1.y, v2.y, v3.y)', 'v1'],
    ['a column too far', 'columns_of_b(j4 + 2u, k4)', 'columns_of_b(j4 + 3u, k4)'],
    ['the bias of every tile', 'SUM_B && i == 0u', 'SUM_B'],
  ],
  'lib/subgroup8/eight_rows.wgsl': [
    ['the row of another lane', 'subgroupBroadcast(a, 6u)', 'subgroupBroadcast(a, 5u)'],
    ['rows exchanged', 'vec4f(a0.y, a2.y, a4.y, a6.y)', 'vec4f(a0.y, a4.y, a2.y, a6.y)'],
    ['the half of another lane', 'lane % 2u', 'lane / 4u'],
  ],
  'lib/subgroup8/product.wgsl': [
    ['a group of rows twice', 'a_row(i0 + 24u + lane)', 'a_row(i0 + 16u + lane)'],
    ['the last round left out', 'k4 < rounds', 'k4 + 1u < rounds'],
    ['rows of B from the first round', 'row_b = four_rows(j4, k4);', ''],
    ['a row too few', 'r < count', 'r + 1u < count'],
    ['no guard against padding columns', 'j4 < columns4', 'true'],
  ],
  'lib/subgroup8_low/product.wgsl': [
    ['a tile of another height', 'tile.x * TILE_ROWS', 'tile.x * 32u'],
    ['no sum of B', 'b_sum = add_four_k(b_sum, b);', ''],
    ['the bias of every tile', 'SUM_B && i0 == 0u', 'SUM_B'],
    ['rows of padding', 'min(8u, rows - i0)', '8u'],
  ],
};

const elementwise = Object.entries(elementwiseKernels).map(
  ([kernel, { faults: own }]) => [`${kernel}.wgsl`, own] as const,
);

export const faults: readonly Fault[] = [...Object.entries(byFile), ...elementwise].flatMap(
  ([file, entries]) => entries.map(([what, text, instead]): Fault => ({ file, what, text, instead })),
);
