/**
 * Modes of a test run, beside the usual one: `npx vitest run --mode long FILE` runs the long form of the tests that have one.
 */
const { MODE } = (import.meta as ImportMeta & { readonly env: { readonly MODE: string } }).env;

/** Whether this is the long form: full counts where the usual run, and so CI, takes a slice. */
export const isLong = MODE === 'long';

/** How many of something: `short` in the usual run, `long` in the long form. */
export function howMany(short: number, long: number): number {
  return isLong ? long : short;
}
