/**
 * y = v0 + v1 + ... + v7 with vk = f applied 4 * rounds times to x + k, and f(v) = 1 - v; in f64.
 * @param x any shape, row-major
 */
export function ceilingFma(x: Float64Array, rounds: number): Float64Array {
  return x.map((value) => {
    let sum = 0;
    for (let chain = 0; chain < 8; chain++) {
      let v = value + chain;
      for (let i = 0; i < 4 * rounds; i++) v = 1 - v;
      sum += v;
    }
    return sum;
  });
}
