/** Changes to shaders that nothing can show, each with the reason: the list of mutations.test.ts. */
import type { Mutant } from './mutate.js';

/** Found by file and texts, wherever the line is. */
export interface Equivalent extends Pick<Mutant, 'file' | 'from' | 'to'> {
  readonly why: string;
  /** Which of the lines with this text, counted from 1; all of them if left out. */
  readonly occurrence?: number;
}

type Entry = readonly [file: string, from: string, to: string, occurrence?: number];

const widerWorkgroup = (file: string): Entry => [
  file,
  '@compute @workgroup_size(8)',
  '@compute @workgroup_size(9)',
];

const variant = (name: string): string => `lib/${name}/product.wgsl`;
/** A switch of the kernel, taken as if it were on. */
const always = (name: string, condition: string): Entry => [
  variant(name),
  `if (${condition}) {`,
  'if (true) {',
];
const finish = (name: string, before: string, ...after: readonly string[]): Entry[] =>
  after.map((to): Entry => [variant(name), `finish(${before});`, to === ';' ? ';' : `finish(${to});`]);

const reasons: Readonly<Record<string, readonly Entry[]>> = {
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
    ['lib/dense_forward.wgsl', 'override RELU: bool = false;', 'override RELU: bool = true;'],
    ['lib/dense_forward.wgsl', 'override DROPOUT: bool = false;', 'override DROPOUT: bool = true;'],
    ['lib/softmax.wgsl', 'override SMOOTHING: bool = false;', 'override SMOOTHING: bool = true;'],
    ['lib/elementwise.wgsl', 'override WORKGROUP: u32 = 64;', 'override WORKGROUP: u32 = 65;'],
    ['lib/elementwise.wgsl', 'override ITEMS: u32 = 4;', 'override ITEMS: u32 = 5;'],
    ['lib/workgroup_sum.wgsl', 'override WORKGROUP: u32 = 64;', 'override WORKGROUP: u32 = 65;'],
    ['clip_gradients.wgsl', 'override ITEMS: u32 = 4;', 'override ITEMS: u32 = 5;'],
  ],
  'every invocation has the same sum: any of them may store it, and all of them': [
    ['gradient_norm.wgsl', 'if (lane == 0u) {', 'if (lane != 0u) {'],
    ['gradient_norm.wgsl', 'if (lane == 0u) {', 'if (lane == 1u) {'],
    ['gradient_norm.wgsl', 'if (lane == 0u) {', 'if (true) {'],
  ],
  'one item more is the first of the next workgroup, which makes the same of it': [
    [
      'clip_gradients.wgsl',
      'for (var item = 0u; item < ITEMS; item++) {',
      'for (var item = 0u; item <= ITEMS; item++) {',
    ],
  ],
  'where both are equal, their quotient is 1, too': [
    [
      'clip_gradients.wgsl',
      'return select(1.0, trial.max_norm / divisor, divisor > trial.max_norm);',
      'return select(1.0, trial.max_norm / divisor, divisor >= trial.max_norm);',
    ],
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
  'records of later tiles, which their own workgroups write again, later (a software adapter has an order)': [
    [
      'dense_softmax_cross_entropy.wgsl',
      'for (var part = lane; part < min(TILE_ROWS / METRICS_TILE, params.tiles - first); part += lanes) {',
      'for (var part = lane; part < min(TILE_ROWS * METRICS_TILE, params.tiles - first); part += lanes) {',
    ],
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
  'sums of B are added up in vain where nobody wants them: store_sum is behind SUM_B': [
    always('tile', 'SUM_B'),
    always('tile128', 'SUM_B'),
    always('split', 'SUM_B'),
    always('register', 'SUM_B'),
    always('wide', 'SUM_B'),
    always('subgroup8', 'SUM_B'),
    always('subgroup8_low', 'SUM_B'),
  ],
  'where A does not run along k, nobody reads where its rows begin': [
    [variant('split'), 'if (A_ALONG_K) {', 'if (true) {', 1],
  ],
  'where B runs along k, its rows are the same for every k': [
    [variant('subgroup8'), 'let fixed_b = four_rows(j4, 0u);', 'let fixed_b = four_rows(j4, 1u);'],
    [variant('subgroup8_low'), 'let fixed_b = four_rows(j4, 0u);', 'let fixed_b = four_rows(j4, 1u);'],
    always('subgroup8', '!B_ALONG_K'),
    always('subgroup8_low', '!B_ALONG_K'),
  ],
  'the same partial sums meet in another order, within the bound: what lies out of bounds is the last one': [
    [variant('split'), 'partial[slice - 8u][r][quad] = s[r];', 'partial[slice - 9u][r][quad] = s[r];'],
    [
      variant('split'),
      'partial[slice / 8u][slice % 8u][quad] = b_sum;',
      'partial[slice / 8u][slice % 9u][quad] = b_sum;',
    ],
    [variant('split'), 'sum += partial[p / 8u][p % 8u][quad];', 'sum += partial[p / 8u][p % 9u][quad];'],
  ],
  'a race that the last slice wins, and one that nobody loses, where subgroups run in order (lavapipe)': [
    [variant('split'), 'if (slice >= 8u) {', 'if (true) {'],
    [variant('split'), 'if (slice >= 8u) {', 'if (slice >= 7u) {'],
    [variant('split'), 'workgroupBarrier();', ';', 3],
  ],
  'every invocation of the column adds up the same sum in the same order: any of them may store it': [
    [variant('split'), 'if (i0 == 0u && slice == 0u) {', 'if (i0 == 0u && slice == 1u) {'],
    [variant('tile128'), 'if (SUM_B && i0 == 0u && ti == 0u) {', 'if (SUM_B && i0 == 0u && ti == 1u) {'],
    [variant('tile'), 'if (SUM_B && i0 == 0u && ti == 0u) {', 'if (SUM_B && i0 == 0u && ti == 1u) {'],
  ],
  'a ninth row lies out of bounds: the access stays inside the array, and repeats the eighth row': [
    [variant('split'), 'for (var r = 0u; r < 8u; r++) {', 'for (var r = 0u; r <= 8u; r++) {', 3],
    [variant('split'), 'for (var r = 0u; r < 8u; r++) {', 'for (var r = 0u; r < 9u; r++) {', 3],
  ],
  'no kernel that has something to finish uses a variant with high tiles': [
    ...finish('tile128', 'i0, lane, 256u', 'i0, lane, 257u', 'i0, lane, 255u', ';'),
  ],
  'the rows of a tile still all have a lane; some have two, which make the same of them': [
    ...finish('split', 'i0, lane, 128u', 'i0, lane, 129u', 'i0, lane, 127u'),
    ...finish('subgroup8_low', 'i0, lane, 8u', 'i0, lane, 9u', 'i0, lane, 7u'),
    ...finish('tile', 'i0, lane, 64u', 'i0, lane, 65u', 'i0, lane, 63u'),
    ...finish(
      'register',
      'tile.x * TILE_ROWS, local.y * 8u + local.x, 32u',
      'tile.x * TILE_ROWS, local.y * 8u + local.x, 33u',
      'tile.x * TILE_ROWS, local.y * 8u + local.x, 31u',
    ),
    ...finish('subgroup8', 'i0, lane, 8u', 'i0, lane, 7u'),
  ],
  'the halves of the workgroup change roles: the other one loads A': [
    [variant('tile'), 'let stages_a = lane < 32u;', 'let stages_a = lane >= 32u;'],
  ],
  'a fifth row is the first of the next block, whose lanes write it later (subgroups run in order), or in bounds':
    [
      [variant('tile'), 'for (var r = 0u; r < 4u; r++) {', 'for (var r = 0u; r <= 4u; r++) {', 2],
      [variant('tile'), 'for (var r = 0u; r < 4u; r++) {', 'for (var r = 0u; r < 5u; r++) {', 2],
    ],
  'the row counts by whole quarters only, and i0 is a multiple of 32: one more is the same quarter': [
    [
      variant('subgroup8'),
      'let a1 = load_eight_rows(row_a.y, i0 + 8u, k4, lane);',
      'let a1 = load_eight_rows(row_a.y, i0 + 9u, k4, lane);',
    ],
    [
      variant('subgroup8'),
      'let a2 = load_eight_rows(row_a.z, i0 + 16u, k4, lane);',
      'let a2 = load_eight_rows(row_a.z, i0 + 17u, k4, lane);',
    ],
    [
      variant('subgroup8'),
      'let a3 = load_eight_rows(row_a.w, i0 + 24u, k4, lane);',
      'let a3 = load_eight_rows(row_a.w, i0 + 25u, k4, lane);',
    ],
  ],
  'of two stages, what lies out of bounds is the second': [
    [variant('tile128'), 'stage = 1u - stage;', 'stage = 2u - stage;'],
  ],
  'a round that lies wholly beyond K adds zeros': [
    [
      variant('tile128'),
      'for (var k4 = 0u; k4 < rounds; k4 += 2u) {',
      'for (var k4 = 0u; k4 <= rounds; k4 += 2u) {',
    ],
    [
      variant('tile'),
      'for (var k4 = 0u; k4 < rounds; k4 += 4u) {',
      'for (var k4 = 0u; k4 <= rounds; k4 += 4u) {',
    ],
  ],
  'any image does for the rows beyond a short batch': [
    ...['min(row, step.rows + 1u)', 'min(row, (step.rows + 1u) - 1u)', 'min(row, step.rows - 0u)'].map(
      (to): Entry => [
        'lib/pixels.wgsl',
        'let sample = indices[list + step.offset + min(row, step.rows - 1u)];',
        `let sample = indices[list + step.offset + ${to}];`,
      ],
    ),
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
