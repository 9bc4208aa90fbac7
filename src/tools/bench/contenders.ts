/** What scripts/bench.js measures: the step, and who trains it. */
import { availableParallelism } from 'node:os';
import { adam } from '../../kernels/tables.js';

/** The training step that everyone is measured on. */
export const benchStep = {
  inputs: 784,
  hidden: [256, 128],
  classes: 10,
  dropout: 0.3,
  learningRate: 1e-3,
  weightDecay: 5e-4,
} as const;

/** npm packages with their exact versions, installed together into one directory of that name. */
export interface PackageSet {
  readonly name: string;
  readonly packages: Readonly<Record<string, string>>;
}

/** One program that trains the step. */
export interface Contender {
  readonly name: string;
  /** In scripts/peers/. */
  readonly program: string;
  readonly runtime: 'node' | 'python';
  /** What it needs besides this project; null for this project itself, and for what a Python has already. */
  readonly packages: PackageSet | null;
  /** CPU threads, where the program has a choice. */
  readonly threads: number;
  /** How its step differs from this project's, and which version it is if the program does not say. */
  readonly about: string;
}

const tfjsVersion = '4.22.0';
const tfjs: PackageSet = {
  name: `tfjs-${tfjsVersion}`,
  packages: {
    '@tensorflow/tfjs-core': tfjsVersion,
    '@tensorflow/tfjs-layers': tfjsVersion,
    '@tensorflow/tfjs-backend-webgpu': tfjsVersion,
    '@tensorflow/tfjs-backend-wasm': tfjsVersion,
  },
};

const jaxVersion = '0.1.25';
const jax: PackageSet = { name: `jax-js-${jaxVersion}`, packages: { '@jax-js/jax': jaxVersion } };

/** This project. */
export const own: Contender = {
  name: 'wgsl-train',
  program: 'wgsl-train.js',
  runtime: 'node',
  packages: null,
  threads: 1,
  about: 'AdamW with decoupled weight decay; each step gathers its batch from resident images',
};

/** The peers, in the order in which they are reported. @param cores CPU cores of this machine */
export function peers(cores = availableParallelism()): Contender[] {
  const pytorch = (threads: number): Contender => ({
    name: `PyTorch CPU, ${threads} thread${threads === 1 ? '' : 's'}`,
    program: 'pytorch.py',
    runtime: 'python',
    packages: null,
    threads,
    about: 'eager, AdamW; one batch that stays',
  });
  const threads = cores > 1 ? [1, cores] : [1];
  return [
    {
      name: 'tfjs-webgpu',
      program: 'tfjs-webgpu.js',
      runtime: 'node',
      packages: tfjs,
      threads: 1,
      about: `TensorFlow.js ${tfjsVersion}; less work: Adam without weight decay (it has no AdamW), one batch that stays`,
    },
    {
      name: 'jax-js',
      program: 'jax.js',
      runtime: 'node',
      packages: jax,
      threads: 1,
      about: `jax-js ${jaxVersion}, webgpu, jit; less work: plain SGD, no dropout, one batch that stays`,
    },
    {
      name: 'tfjs-wasm',
      program: 'tfjs-wasm.js',
      runtime: 'node',
      packages: tfjs,
      threads: 1,
      about: `TensorFlow.js ${tfjsVersion}; less work: Adam without weight decay (it has no AdamW), one batch that stays`,
    },
    ...threads.map(pytorch),
  ];
}

/** What a contender's program is started with; scripts/peers/lib/contender.js describes it. */
export interface StepRequest {
  readonly batch: number;
  readonly widths: readonly number[];
  readonly dropout: number;
  readonly learningRate: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  readonly weightDecay: number;
  readonly threads: number;
  /** Where its packages are installed. */
  readonly packages?: string;
  readonly adapter?: string;
  /** A tuning file, for this project itself. */
  readonly tuning?: string;
}

export function stepRequest(
  batch: number,
  threads: number,
  where: {
    readonly packages?: string | undefined;
    readonly adapter?: string | undefined;
    readonly tuning?: string | undefined;
  },
): StepRequest {
  const { inputs, hidden, classes, dropout, learningRate, weightDecay } = benchStep;
  return {
    batch,
    widths: [inputs, ...hidden, classes],
    dropout,
    learningRate,
    ...adam,
    weightDecay,
    threads,
    ...(where.packages !== undefined && { packages: where.packages }),
    ...(where.adapter !== undefined && { adapter: where.adapter }),
    ...(where.tuning !== undefined && { tuning: where.tuning }),
  };
}
