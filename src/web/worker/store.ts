/** What the browser keeps of a training: a reload costs at most the steps since its last checkpoint. */
import * as v from 'valibot';
import { parseJson, record, list, text, whole } from '../../base/schema.js';
import { encodeSafetensors, parseSafetensors } from '../../formats/safetensors.js';
import { platform } from '../../platform/index.js';
import type { Tensor } from '../../formats/tensor.js';
import { configSchema } from '../../train/settings.js';
import { createDataset, EngineError, type CheckpointStorage, type Dataset } from '../../browser.js';
import type { AskedTraining, DataFacts } from '../protocol.js';

/** The folder of the origin's private file system that checkpoints go to. */
export const place = 'training';

const names = { asked: 'asked.json', data: 'data.safetensors' };
const remedy = 'train again';

const askedSchema = record({
  asked: record({
    data: text(),
    trials: list(record({ name: text(), seed: whole(), config: configSchema }), 'trials', {
      least: 1,
      most: 2,
    }),
  }),
  facts: record({ id: text(), title: text(), about: text() }),
  hasData: v.boolean(),
});

/** A training that can be resumed: what was asked for, and its data where only the page has them. */
export interface Kept {
  readonly asked: AskedTraining;
  readonly facts: DataFacts;
  readonly dataset: Dataset | null;
}

/** Writes what a training begins with. @param dataset null: it can be had again by its name */
export async function keep({ asked, facts, dataset }: Kept): Promise<void> {
  // First: another tab may keep a training there.
  const storage = await platform.storage(place);
  await forget();
  if (dataset !== null) await storage.write(names.data, encodeDataset(dataset));
  const json = JSON.stringify({ asked, facts, hasData: dataset !== null });
  await storage.write(names.asked, new TextEncoder().encode(json));
}

/**
 * The training that was cut off; null: there is none, or another tab is at work on it.
 * @throws EngineError `bad-file`
 */
export async function kept(): Promise<Kept | null> {
  const storage = await ownStorage();
  if (storage === null) return null;
  const json = await storage.read(names.asked);
  if (json === null) return null;
  const { asked, facts, hasData } = parseJson(askedSchema, json, {
    file: names.asked,
    remedy,
    largest: 1 << 16,
  });
  const bytes = hasData ? await storage.read(names.data) : null;
  if (hasData && bytes === null) return null;
  return { asked, facts, dataset: bytes === null ? null : decodeDataset(bytes) };
}

/** Null: another tab has it, or this browser keeps nothing. */
async function ownStorage(): Promise<CheckpointStorage | null> {
  try {
    return await platform.storage(place);
  } catch (error) {
    if (error instanceof EngineError) return null;
    throw error;
  }
}

/** Removes all of it. */
export async function forget(): Promise<void> {
  const root = await navigator.storage.getDirectory();
  await root.removeEntry(place, { recursive: true }).catch((error: unknown) => {
    if (!(error instanceof DOMException && error.name === 'NotFoundError')) throw error;
  });
}

const parts = ['train', 'test'] as const;

function encodeDataset(dataset: Dataset): Uint8Array {
  const { name, rows, columns, classes, classNames } = dataset;
  const tensors = new Map<string, Tensor>();
  for (const part of parts) {
    const { count, pixels, labels } = dataset[part];
    tensors.set(`${part}.pixels`, { shape: [count, rows * columns], data: pixels });
    tensors.set(`${part}.labels`, { shape: [count], data: labels });
  }
  const about = JSON.stringify({ name, rows, columns, classes, classNames });
  return encodeSafetensors(tensors, new Map([['about', about]]));
}

const aboutSchema = record({
  name: text(),
  rows: whole(1),
  columns: whole(1),
  classes: whole(2, 256),
  classNames: list(text()),
});

function decodeDataset(bytes: Uint8Array): Dataset {
  const { tensors, metadata } = parseSafetensors(bytes, names.data);
  const about = parseJson(aboutSchema, metadata.get('about') ?? '', {
    file: names.data,
    remedy,
    largest: 1 << 16,
  });
  const arrays = (part: (typeof parts)[number]) => ({
    images: tensors.get(`${part}.pixels`)!.data as Uint8Array | Float32Array,
    labels: tensors.get(`${part}.labels`)!.data as Uint8Array,
  });
  return createDataset({ ...about, ...arrays('train'), test: arrays('test') });
}
