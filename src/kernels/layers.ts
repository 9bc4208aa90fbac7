/** The kernels that update the parameters of all dense layers in one dispatch. */
import { adamw, sgd, type Use } from './dense.js';
import { elements, padded, type CheckedCall, type KernelRecord } from './kernel.js';
import { bytesOf, imageBatch } from './product.js';
import { productTiles, productVariant } from './rules.js';
import { shaderText } from './source.js';

/** Layers that the shader's table has room for: as many as a network can have. */
export const mostLayers = Number(/array<Layer, (\d+)>/.exec(shaderText('lib/backward_layers.wgsl'))![1]);

/** Arena number of the first layer's input, which are images. */
const fromImages = 3;

/**
 * The longest row of the grid: the tiles of wide layers are more than a side of it can have. Short, so that
 * small layers test what large ones need; less than a workgroup in each row has nothing to do.
 */
const longestRow = 64;

/** What a call says of a layer, as attributes whose names begin with its number. All in elements. */
export interface LayerCall {
  readonly rows: number;
  readonly columns: number;
  /** Which arena holds its input, and where in it; of the first layer, which reads images, 0 and 0. */
  readonly xArena: number;
  readonly x: number;
  readonly dyArena: number;
  readonly dy: number;
  /** Where its weights and its bias begin in the arenas of parameters. */
  readonly weights: number;
  readonly bias: number;
}

const keys = ['rows', 'columns', 'xArena', 'x', 'dyArena', 'dy', 'weights', 'bias'] as const;

/** The attributes of a call for these layers. */
export function layerAttributes(layers: readonly LayerCall[]): Record<string, number> {
  const entries = layers.flatMap((layer, n) => keys.map((key) => [`${n}.${key}`, layer[key]] as const));
  return { layers: layers.length, ...Object.fromEntries(entries) };
}

function layersOf(call: CheckedCall): LayerCall[] {
  return Array.from({ length: call.attribute('layers') }, (_, n) => {
    const entries = keys.map((key) => [key, call.attribute(`${n}.${key}`)] as const);
    return Object.fromEntries(entries) as unknown as LayerCall;
  });
}

function largestOf(layers: readonly LayerCall[]): LayerCall {
  return layers.reduce((most, each) => (each.rows * each.columns > most.rows * most.columns ? each : most));
}

/** As many rows of workgroups as it takes, of one length. */
function gridOf(tiles: number): [number, number] {
  const rows = Math.ceil(tiles / longestRow);
  return [Math.ceil(tiles / rows), rows];
}

/**
 * All layers at once. The variant of the product is that of the largest layer, which has the most tiles: they
 * have all the same inner dimension.
 */
function backwardLayers({ vectors, ...use }: Use): KernelRecord {
  return {
    product: 'every-variant',
    configure(call, traits) {
      const { rows: samples } = call.operand('images');
      const layers = layersOf(call);
      call.operand('images', { rows: samples, columns: layers[0]!.rows });
      const images = imageBatch(call);
      const arena = call.operand(vectors[0]);
      for (const name of vectors) call.operand(name, arena);
      const strides = ['arena0', 'arena1', 'arena2'].map((name) => call.operand(name).trialStride / 4);
      const { rows, columns } = largestOf(layers);
      const product = { kernel: call.kernel, rows, columns, inner: images.rows };
      const variant = productVariant(traits, product);
      const tile = productTiles[variant];
      let tiles = 0;
      const table = layers.map((layer, n) => {
        const firstTile = tiles;
        const tileRows = Math.ceil(padded(layer.rows) / tile.rows);
        tiles += tileRows * Math.ceil(padded(layer.columns) / tile.columns);
        return {
          rows: padded(layer.rows),
          columns4: padded(layer.columns) / 4,
          first_tile: firstTile,
          tile_rows: tileRows,
          a_arena: n === 0 ? fromImages : layer.xArena,
          a_start4: n === 0 ? 0 : layer.x / 4,
          a_stride: n === 0 ? images.stride : strides[layer.xArena]!,
          b_arena: layer.dyArena,
          b_start4: layer.dy / 4,
          b_stride: strides[layer.dyArena]!,
          weights4: layer.weights / 4,
          bias4: layer.bias / 4,
        };
      });
      const grid = gridOf(tiles);
      const unused = Object.fromEntries(Object.keys(table[0]!).map((key) => [key, 0]));
      const rowsOfTable = Array.from({ length: mostLayers }, (_, n) =>
        Object.entries(table[n] ?? unused).map(([key, value]) => [`layers[${n}].${key}`, value] as const),
      );
      const inputs = layers.slice(1).map((layer) => ({ rows: images.rows, columns: layer.rows }));
      const gradients = layers.map((layer) => ({ rows: images.rows, columns: layer.columns }));
      const count = layers.reduce((sum, layer) => sum + (layer.rows + 1) * layer.columns, 0);
      return {
        variant,
        product,
        params: {
          ...Object.fromEntries(rowsOfTable.flat()),
          count: layers.length,
          inner4: padded(images.rows) / 4,
          grid_columns: grid[0],
          c_stride: arena.trialStride / 4,
        },
        grid,
        flops: (2 * images.rows + use.flops) * count,
        bytes: images.bytes + bytesOf(...inputs, ...gradients) + 4 * use.passes * elements(arena),
      };
    },
  };
}

export const layersKernels = {
  dense_backward_layers_adamw: backwardLayers(adamw),
  dense_backward_layers_sgd: backwardLayers(sgd),
};
