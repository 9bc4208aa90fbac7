import { EngineError } from '../base/errors.js';
import { platform } from '../platform/index.js';

/** The product's variants, one folder each in shaders/lib. */
export const productVariants = [
  'tile',
  'tile128',
  'split',
  'register',
  'wide',
  'subgroup8',
  'subgroup8_low',
] as const;
export type ProductVariant = (typeof productVariants)[number];

const include = /^\/\/!include (\S+)$/;

/**
 * Reads shaders/<name>.wgsl and puts its includes in place, each once.
 *
 * A line `//!include lib/x.wgsl` stands for that file; `//!include product.wgsl` for the matrix product of
 * the chosen variant. `enable` directives move to the top, where WGSL wants them.
 */
export function loadSource(name: string, variant: ProductVariant | null): string {
  const enables = new Set<string>();
  const included = new Set<string>();

  const expand = (path: string): string[] => {
    if (included.has(path)) return [];
    included.add(path);
    return shaderText(path)
      .split('\n')
      .flatMap((line) => {
        if (line.startsWith('enable ')) {
          enables.add(line);
          return [];
        }
        const target = include.exec(line)?.[1];
        if (target === undefined) return [line];
        if (target !== 'product.wgsl') return expand(target);
        if (variant === null) {
          throw new EngineError(
            'bug',
            `kernel ${name} is built on a matrix product, but no variant was chosen`,
          );
        }
        return expand(`lib/${variant}/product.wgsl`);
      });
  };

  const body = expand(`${name}.wgsl`);
  return [...enables, ...body].join('\n');
}

/** The comment at the top of shaders/<name>.wgsl, without slashes: the formula, the shapes and the grid. */
export function shaderHead(name: string): string {
  const lines = shaderText(`${name}.wgsl`).split('\n');
  const end = lines.findIndex((line) => !line.startsWith('//') || include.test(line));
  return lines
    .slice(0, end)
    .map((line) => line.replace(/^\/\/ ?/, ''))
    .join('\n');
}

/** The text of a file in shaders/, as it lies there. */
export function shaderText(path: string): string {
  return platform.packageText(`shaders/${path}`);
}
