/** What scripts/bench.js measures: the step, and who trains it. */
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { BrowserStart } from './chromium.js';
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
  /** The packages that a program of Node needs besides this project. A program of Python needs PyTorch. */
  readonly needs: PackageSet | 'PyTorch' | null;
  /** CPU threads, where the program has a choice. */
  readonly threads: number;
  /** Variables of its environment, beside those that are there. */
  readonly env?: Readonly<Record<string, string>>;
  /** How its step differs from this project's, and which version it is if the program does not say. */
  readonly about: string;
}

/** The path of a contender's program. */
export function programOf({ program }: Contender): string {
  return fileURLToPath(new URL(`../../../scripts/peers/${program}`, import.meta.url));
}

/** A contender that is not measured, and why. */
export interface Failed {
  readonly contender: Contender;
  readonly skipped: string;
}

/** This project. */
export const own: Contender = {
  name: 'wgsl-train',
  program: 'wgsl-train.js',
  needs: null,
  threads: 1,
  about: 'AdamW with decoupled weight decay; each step gathers its batch from resident images',
};

/** Whether it is this project, wherever it runs. */
export const isOwn = ({ name }: Contender): boolean => name === own.name;

const tfjsVersion = '4.22.0';
const tfjs = {
  needs: {
    name: `tfjs-${tfjsVersion}`,
    packages: {
      '@tensorflow/tfjs-core': tfjsVersion,
      '@tensorflow/tfjs-layers': tfjsVersion,
      '@tensorflow/tfjs-backend-webgpu': tfjsVersion,
      '@tensorflow/tfjs-backend-wasm': tfjsVersion,
    },
  },
  threads: 1,
  about:
    `TensorFlow.js ${tfjsVersion}; less work: Adam without weight decay (it has no AdamW), ` +
    'one batch that stays',
};

const jaxVersion = '0.1.25';

/** The peers, in the order in which they are reported. @param cores CPU cores of this machine */
export function peers(cores = availableParallelism()): Contender[] {
  return [
    { name: 'tfjs-webgpu', program: 'tfjs-webgpu.js', ...tfjs },
    {
      name: 'jax-js',
      program: 'jax.js',
      needs: { name: `jax-js-${jaxVersion}`, packages: { '@jax-js/jax': jaxVersion } },
      threads: 1,
      about: `jax-js ${jaxVersion}, webgpu, jit; less work: plain SGD, no dropout, one batch that stays`,
    },
    { name: 'tfjs-wasm', program: 'tfjs-wasm.js', ...tfjs },
    ...[...new Set([1, cores])].map((threads): Contender => ({
      name: `PyTorch CPU, ${threads} thread${threads === 1 ? '' : 's'}`,
      program: 'pytorch.py',
      needs: 'PyTorch',
      threads,
      env: threadVariables(threads),
      about: 'eager, AdamW; one batch that stays',
    })),
  ];
}

/** Those whose programs run in a page of a browser, too. */
const inPages = [own.program, 'tfjs-webgpu.js', 'jax.js'];

/** What puts a program into a page. */
const pageTools = { esbuild: '0.28.2', 'puppeteer-core': '24.43.1' };

function inPage({ program, needs, ...contender }: Contender): Contender {
  const others = needs !== null && needs !== 'PyTorch' ? needs : { name: own.name, packages: {} };
  return {
    ...contender,
    program: `page/${program}`,
    needs: { name: `${others.name}-page`, packages: { ...others.packages, ...pageTools } },
  };
}

/** This project, and its peers if they are asked for. @param asked `browser`: in a page each */
export function contenders(asked: { readonly peers: boolean; readonly browser: boolean }): Contender[] {
  const all = asked.peers ? [own, ...peers()] : [own];
  return asked.browser ? all.filter(({ program }) => inPages.includes(program)).map(inPage) : all;
}

/**
 * What libraries under PyTorch obey: OpenBLAS has threads of its own, which `torch.set_num_threads` does not
 * reach; and threads that wait actively take the cores away from those of the other library.
 */
function threadVariables(threads: number): Readonly<Record<string, string>> {
  const count = String(threads);
  return {
    OMP_NUM_THREADS: count,
    OPENBLAS_NUM_THREADS: count,
    MKL_NUM_THREADS: count,
    OMP_WAIT_POLICY: 'PASSIVE',
  };
}

/** Where a contender finds what it needs; undefined where it needs none. */
interface StepPlace {
  /** The directory in which its packages are installed. */
  readonly packages?: string | undefined;
  readonly adapter?: string | undefined;
  /** What a program of page/ opens its page with. */
  readonly browser?: BrowserStart | undefined;
  /** A tuning file, for this project itself. */
  readonly tuning?: string | undefined;
}

/** What a contender's program is started with; scripts/peers/lib/contender.js describes it. */
export type StepRequest = ReturnType<typeof stepRequest>;

export function stepRequest(batch: number, threads: number, place: StepPlace) {
  const { inputs, hidden, classes, ...settings } = benchStep;
  return { batch, widths: [inputs, ...hidden, classes], ...settings, ...adam, threads, ...place };
}
