/** How the files and arrays of data sets are named, by this project and by others. */

/** The four files of a data set: images and labels of the training and of the test part. */
export interface FileNames {
  readonly train: { readonly images: string; readonly labels: string };
  readonly test: { readonly images: string; readonly labels: string };
}

/** The names of MNIST and its relatives; each file may also be packed, with `.gz` after its name. */
export const idxNames: FileNames = {
  train: { images: 'train-images-idx3-ubyte', labels: 'train-labels-idx1-ubyte' },
  test: { images: 't10k-images-idx3-ubyte', labels: 't10k-labels-idx1-ubyte' },
};

/** The names of KMNIST's numpy files. */
export const npzNames: FileNames = {
  train: { images: 'kmnist-train-imgs.npz', labels: 'kmnist-train-labels.npz' },
  test: { images: 'kmnist-test-imgs.npz', labels: 'kmnist-test-labels.npz' },
};

/** The text file that names the classes of a set, one a line, in the order of their labels. */
export const classNamesFile = 'classes.txt';

/** What a name says of a file or an array. */
export interface Role {
  readonly part: 'train' | 'test' | undefined;
  readonly kind: 'images' | 'labels' | undefined;
  /** The rest of the name, which files of one set share: `k49`, `emnist letters`. */
  readonly set: string;
}

const parts = { train: 'train', training: 'train', test: 'test', testing: 'test', t10k: 'test' } as const;
const kinds = [
  ['labels', /^(labels?|lbls?|y|targets?)$/],
  ['images', /^(images?|imgs?|x|pixels|features|inputs?)$/],
  ['images', /^data$/],
] as const;

/** Reads a name such as `emnist-letters-train-images-idx3-ubyte.gz`, `X_train.npy` or `y_test`. */
export function roleOf(name: string): Role {
  const words = name
    .replace(/\.(gz|npz|npy)$/i, '')
    .replace(/([a-z])([A-Z])/g, '$1-$2')
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter((word) => word !== '');
  const end = words.findIndex((word) => /^(idx\d*|ubyte)$/.test(word));
  const named = end < 0 ? words : words.slice(0, end);
  const part = named.find((word) => Object.hasOwn(parts, word)) as keyof typeof parts | undefined;
  const kind = kinds.find(([, form]) => named.some((word) => form.test(word)));
  const rest = named.filter((word) => word !== part && !kinds.some(([, form]) => form.test(word)));
  return { part: part && parts[part], kind: kind?.[0], set: rest.join(' ') };
}

/** The format that a file's name promises; what is read is decided by its bytes. Undefined: no data file. */
export function formatOf(name: string): 'idx' | 'npz' | 'npy' | undefined {
  const base = name.replace(/\.gz$/i, '');
  const numpy = /\.(npz|npy)$/i.exec(base)?.[1]?.toLowerCase();
  if (numpy !== undefined) return numpy as 'npz' | 'npy';
  return /(idx\d*|ubyte)/i.test(base) || !base.includes('.') ? 'idx' : undefined;
}
