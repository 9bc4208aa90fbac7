/**
 * The one place of numeric tolerances: how far the f32 result of a kernel may lie from its f64 reference.
 *
 * Every bound is derived from the arithmetic of the kernel and from the accuracy that WGSL promises for each
 * operation (bounds/arithmetic.ts), never from what a device was seen to do; it is absolute, one value per
 * element, and computed from the inputs at hand. An input that is itself the result of rounding comes with
 * its own radius, so that bounds of fused kernels and of whole networks are made by composing these.
 *
 * Bounds hold while no intermediate result overflows: a test with huge values must keep sums of |a||b| below
 * 2^128.
 */
export * from './bounds/adamw.js';
export * from './bounds/arithmetic.js';
export * from './bounds/clip.js';
export * from './bounds/dense.js';
export * from './bounds/elementwise.js';
export * from './bounds/network.js';
export * from './bounds/sgd.js';
export * from './bounds/softmax.js';
export * from './bounds/sums.js';
