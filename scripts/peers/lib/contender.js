/**
 * What the peers' programs share. scripts/bench.js starts each with one argument, the step to measure as
 * JSON:
 *
 *   {"batch": 32, "widths": [784, 256, 128, 10], "dropout": 0.3, "learningRate": 0.001, "beta1": 0.9,
 *    "beta2": 0.999, "epsilon": 1e-8, "weightDecay": 0.0005, "packages": "DIRECTORY",
 *    "adapter": "NAME", "threads": 1, "browser": {"executablePath": "FILE", "args": []}}
 *
 * A program says that it is ready, then answers each line of its standard input, a number of steps, with the
 * time they took, and that of all its CPU threads:
 *
 *   -> {"ready": {"runsOn": "CPU"}}
 *   <- 100
 *   -> {"steps": 100, "ms": 1234.5, "cpuMs": 2345.6, "loss": 0.123}
 *
 * and ends where its input ends. Between two answers it must be idle, because the others are measured then.
 *
 * With bench.js --browser the same programs run in a page: the programs in page/ put them there and pass
 * lines to and fro.
 */
import { step } from './place.js';

export { load, serve, step } from './place.js';

/** `count` numbers, uniform in [low, high). */
export function uniform(count, low, high) {
  return Float32Array.from({ length: count }, () => low + (high - low) * Math.random());
}

/** A batch that stays the same: images in 0..1 and their classes, each class as often as the others. */
export function batch() {
  const { batch: rows, widths } = step;
  return {
    images: uniform(rows * widths[0], 0, 1),
    labels: Int32Array.from({ length: rows }, (_, row) => row % widths.at(-1)),
  };
}

/** Weights and biases of each layer, [in, out] and [out], uniform in ±1/sqrt(in) as PyTorch draws them. */
export function initialLayers() {
  return step.widths.slice(1).map((columns, layer) => {
    const rows = step.widths[layer];
    const bound = 1 / Math.sqrt(rows);
    const draw = (count) => uniform(count, -bound, bound);
    return { rows, columns, weights: draw(rows * columns), biases: draw(columns) };
  });
}
