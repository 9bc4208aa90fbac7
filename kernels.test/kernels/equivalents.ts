/** Changes to shaders that nothing can show, each with the reason: the list of mutations.test.ts. */
import type { Mutant } from './mutate.js';

/** Found by file and texts, wherever the line is. */
export interface Equivalent extends Pick<Mutant, 'file' | 'from' | 'to'> {
  readonly why: string;
  /** Which of the lines with this text, counted from 1; all of them if left out. */
  readonly occurrence?: number;
}

type Entry = readonly [file: string, from: string, to: string, occurrence?: number];

const elementwiseItem = (file: string): Entry => [
  file,
  'for (var item = 0u; item < ITEMS; item++) {',
  'for (var item = 0u; item <= ITEMS; item++) {',
];
const widerWorkgroup = (file: string): Entry => [
  file,
  '@compute @workgroup_size(8)',
  '@compute @workgroup_size(9)',
];

const reasons: Readonly<Record<string, readonly Entry[]>> = {
  'the item too many is the first of the next workgroup, which makes the same of it: a function of what is only read':
    [
      elementwiseItem('relu_forward.wgsl'),
      elementwiseItem('relu_backward.wgsl'),
      elementwiseItem('dropout_forward.wgsl'),
      elementwiseItem('dropout_backward.wgsl'),
      elementwiseItem('nonfinite.wgsl'),
    ],
  'the ninth lane makes what the first of the next workgroup makes, too': [
    widerWorkgroup('dense_backward_bias.wgsl'),
    widerWorkgroup('reduce_metrics.wgsl'),
    widerWorkgroup('softmax_cross_entropy.wgsl'),
    ['gather.wgsl', '@compute @workgroup_size(64)', '@compute @workgroup_size(65)'],
  ],
  'the host sets this constant in every pipeline': [
    [
      'dense_backward_input_activation.wgsl',
      'override DROPOUT: bool = false;',
      'override DROPOUT: bool = true;',
    ],
    ['lib/dense_output.wgsl', 'override RELU: bool = false;', 'override RELU: bool = true;'],
    ['lib/dense_output.wgsl', 'override DROPOUT: bool = false;', 'override DROPOUT: bool = true;'],
    ['lib/span.wgsl', 'override WORKGROUP: u32 = 64;', 'override WORKGROUP: u32 = 65;'],
    ['lib/span.wgsl', 'override ITEMS: u32 = 4;', 'override ITEMS: u32 = 5;'],
  ],
  'a maximum with 0 changes nothing': [['nonfinite.wgsl', 'if (first != 0u) {', 'if (true) {']],
  'exponentials of padding columns are 0: adding them changes nothing': [
    [
      'lib/softmax.wgsl',
      'for (var j4 = 0u; j4 < columns4; j4++) {',
      'for (var j4 = 0u; j4 <= columns4; j4++) {',
      1,
    ],
  ],
  'the sum of B is added up and handed to a store_sum that does nothing': [
    ['dense_softmax_cross_entropy.wgsl', 'const SUM_B = false;', 'const SUM_B = true;'],
    ['lib/product_hooks.wgsl', 'const SUM_B = false;', 'const SUM_B = true;'],
  ],
  "columns of the workgroup's own logits that nobody reads": [
    ['dense_softmax_cross_entropy.wgsl', 'if (j4 < columns4) {', 'if (j4 <= columns4) {'],
    ['dense_softmax_cross_entropy.wgsl', 'if (j4 < columns4) {', 'if (true) {'],
  ],
  'every lane of the row would write the same label: one is enough': [
    ['gather.wgsl', 'if (column4 == 0u) {', 'if (true) {'],
  ],
  'the grid has as many workgroups in y as there are rows: the guard never fires': [
    [
      'gather.wgsl',
      'if (column4 >= params.columns4 || row >= params.rows) {',
      'if (column4 >= params.columns4 || row > params.rows) {',
    ],
  ],
  'any lane, and all of them, would write the same record: one is enough': [
    ['dense_softmax_cross_entropy.wgsl', 'if (lane != 0u) {', 'if (lane == 0u) {'],
    ['dense_softmax_cross_entropy.wgsl', 'if (lane != 0u) {', 'if (lane != 1u) {'],
    ['dense_softmax_cross_entropy.wgsl', 'if (lane != 0u) {', 'if (false) {'],
    ['dense_softmax_cross_entropy.wgsl', 'return;', ';'],
  ],
};

export const equivalents: readonly Equivalent[] = Object.entries(reasons).flatMap(([why, entries]) =>
  entries.map(([file, from, to, occurrence]): Equivalent => ({
    file,
    from,
    to,
    why,
    ...(occurrence && { occurrence }),
  })),
);
