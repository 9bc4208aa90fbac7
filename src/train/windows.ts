/**
 * A data set that is larger than a buffer. Its images pass through a window: a buffer of the usual size that
 * holds those that the next steps read. Lists of indices then count places in the window. A kernel reads the
 * same numbers in the same order either way, so the bits are the same wherever a set is divided.
 */
import type { Dataset } from '../data/dataset.js';
import { write, type AdapterTraits, type Gpu } from '../gpu/index.js';
import { largestBuffer } from '../graph/index.js';
import { padded } from '../kernels/index.js';

/** Filled in some 10 ms, and enough work to hide that. */
const windowBytes = 2 ** 25;

/** The most that the images of a set take of a device's memory, where the device has larger buffers yet. */
const wholeBytes = 2 ** 30;

/** Bytes from one image to the next on the GPU. */
export function imageStride({ rows, columns, train }: Dataset): number {
  return padded(rows * columns) * train.pixels.BYTES_PER_ELEMENT;
}

/** How many images of a data set one buffer of a device holds. Features lie in fours of rows. */
export function imagesPerBuffer(
  traits: AdapterTraits,
  dataset: Dataset,
  largest: number = largestBuffer(traits),
): number {
  const images = Math.floor(largest / imageStride(dataset));
  return dataset.train.pixels instanceof Float32Array ? images - (images % 4) : images;
}

/** Whether all images of a data set, and all labels, lie on the device at once. */
export function fitsWhole(traits: AdapterTraits, dataset: Dataset): boolean {
  const count = dataset.train.count + dataset.test.count;
  const largest = Math.min(wholeBytes, largestBuffer(traits));
  return count <= imagesPerBuffer(traits, dataset, largest) && 4 * padded(count) <= largest;
}

/** Images in a window. @param batch the least: a window holds whole batches */
export function windowSize(traits: AdapterTraits, dataset: Dataset, batch: number): number {
  const usual = Math.floor(windowBytes / imageStride(dataset));
  return Math.max(batch, Math.min(usual, imagesPerBuffer(traits, dataset)));
}

/** What the window holds while steps `first` to `end - 1` of the step table run. */
export interface Filling {
  readonly first: number;
  readonly end: number;
  /** The image at each place; those of the test set count on from those of the training set. */
  readonly samples: Uint32Array;
}

/** A pass over a part of every trial's list, batch by batch. */
interface Pass {
  /** Where the part begins in each list, and how long it is. */
  readonly offset: number;
  readonly count: number;
  readonly batch: number;
  /** Record of its first step in the step table. */
  readonly step: number;
}

/**
 * Divides a pass into fillings of a window, and replaces the images in the lists by their places in it. An
 * image that several trials read in the same filling is there once.
 * @param size images that the window holds: at least a batch of every list
 */
export function divideIntoFillings(
  lists: readonly Uint32Array[],
  { offset, count, batch, step }: Pass,
  size: number,
): Filling[] {
  const steps = Math.floor(size / (batch * lists.length));
  const fillings: Filling[] = [];
  for (let done = 0; done < count; done += steps * batch) {
    const places = new Map<number, number>();
    const stop = Math.min(count, done + steps * batch);
    for (const list of lists)
      for (let i = offset + done; i < offset + stop; i++) {
        const place = places.get(list[i]!) ?? places.size;
        places.set(list[i]!, place);
        list[i] = place;
      }
    const first = step + done / batch;
    const end = step + Math.ceil(stop / batch);
    fillings.push({ first, end, samples: Uint32Array.from(places.keys()) });
  }
  return fillings;
}

/** Fills a window on the GPU, one filling after the other. */
export class SampleWindow {
  private readonly images: Uint8Array<ArrayBuffer> | Float32Array<ArrayBuffer>;
  private readonly labels: Uint32Array<ArrayBuffer>;
  private filling: Filling | null = null;
  /** Everything that was submitted before the last filling is done. */
  private done: Promise<void> = Promise.resolve();

  constructor(
    private readonly gpu: Gpu,
    private readonly dataset: Dataset,
    private readonly buffers: { readonly images: GPUBuffer; readonly labels: GPUBuffer },
    size: number,
  ) {
    const length = size * padded(dataset.rows * dataset.columns);
    const isBytes = dataset.train.pixels instanceof Uint8Array;
    this.images = isBytes ? new Uint8Array(length) : new Float32Array(length);
    this.labels = new Uint32Array(size);
  }

  /**
   * Has the window hold a filling for what is submitted next. The host runs no more than one filling ahead of
   * the GPU: it waits for the end of the filling before the last, while the GPU works on the last.
   * @throws the first error of the GPU
   */
  async fill(filling: Filling): Promise<void> {
    if (filling === this.filling) return;
    await this.done;
    this.done = this.gpu.done();
    // An error is thrown by the next `fill`, or by whoever waits for the GPU before.
    this.done.catch(() => undefined);
    const { samples } = filling;
    const stride = padded(this.dataset.rows * this.dataset.columns);
    samples.forEach((sample, place) => {
      this.copy(sample, place, stride);
    });
    write(this.gpu, this.buffers.images, this.images.subarray(0, samples.length * stride));
    write(this.gpu, this.buffers.labels, this.labels.subarray(0, samples.length));
    this.filling = filling;
  }

  private copy(sample: number, place: number, stride: number): void {
    const { train, test, rows, columns } = this.dataset;
    const isTest = sample >= train.count;
    const { pixels, labels } = isTest ? test : train;
    const index = isTest ? sample - train.count : sample;
    const size = rows * columns;
    this.images.set(pixels.subarray(index * size, (index + 1) * size), place * stride);
    this.labels[place] = labels[index]!;
  }
}
