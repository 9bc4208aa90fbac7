/**
 * Modes of a test run, beside the usual one: `npx vitest run --mode MODE [FILE]`.
 *
 * - `long`: the long form of the tests that have one
 * - `poisoned`, `swiftshader`, `no-subgroups`: the kernels' tests on another device
 *   (kernels.test/kernels/devices.ts)
 */
const { MODE } = (import.meta as ImportMeta & { readonly env: { readonly MODE: string } }).env;

/** The device that the kernels' tests open. */
export type DeviceMode = 'usual' | 'poisoned' | 'swiftshader' | 'no-subgroups';

const others = ['poisoned', 'swiftshader', 'no-subgroups'] as const;

export const deviceMode: DeviceMode = others.find((mode) => mode === MODE) ?? 'usual';

/** Whether this is the long form: full counts where the usual run, and so CI, takes a slice. */
export const isLong = MODE === 'long';

/** How long a test of the long form may take, in ms: a slow machine takes its time. */
export const longTimeout = 7_200_000;

/** How many of something: `short` in the usual run, `long` in the long form. */
export function howMany(short: number, long: number): number {
  return isLong ? long : short;
}
