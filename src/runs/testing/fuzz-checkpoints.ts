/** Checkpoints as this project writes them, and mutated under checksums that are right. */
import { createHash } from 'node:crypto';
import { encodeSafetensors, parseSafetensors } from '../../formats/safetensors.js';
import { bytesOf, elementCount, type Tensor } from '../../formats/tensor.js';
import { encodeCheckpoint, type Facts } from '../index.js';
import { madeState } from './states.js';
import { trial } from '../../train/testing/trials.js';
import { mutateBytes } from '../../testing/fuzz/bytes.js';
import type { Chance } from '../../testing/fuzz/chance.js';
import { headerOf, mutateSafetensors, withHeader } from '../../formats/testing/fuzz-targets.js';
import { mutateJson } from '../../testing/fuzz/json.js';

const facts: Facts = {
  experiment: 1,
  dataset: { name: 'tiny', sha256: 'ab' },
  adapter: 'a test adapter',
  version: '0.0.0',
};

/** Between two epochs, within one, at the beginning, and at the end. */
export const checkpoints: readonly Uint8Array[] = [
  madeState(trial(), { valLosses: [0.5, 0.4] }),
  madeState(trial({ patience: 2 }, 7, 'hidden=8'), { valLosses: [0.5, 0.6, 0.7], step: 3 }),
  madeState(trial({ validation: 0 }), { valLosses: [], step: 1, best: null }),
  madeState(trial({ patience: 1 }), { valLosses: [0.5, 0.6], stopped: 'early' }),
].map((state) => encodeCheckpoint(state.last, state, facts));

/** Mutated as a safetensors file in half of the cases, else its texts or tensors with fitting checksums. */
export function mutateCheckpoint(chance: Chance): Uint8Array {
  if (chance.oneIn(2)) return mutateSafetensors(checkpoints, chance);
  const file = chance.one(checkpoints);
  const { tensors, metadata } = parseSafetensors(file, 'seed');
  const changed = new Map(tensors);
  for (let count = chance.below(3); count > 0; count--) mutateTensors(changed, chance);
  const texts = new Map(metadata);
  for (let count = chance.below(3); count > 0; count--) mutateTexts(texts, metadata, chance);
  if (!chance.oneIn(8)) texts.set('config_sha256', sha256(texts.get('config') ?? ''));
  if (!chance.oneIn(8)) texts.set('data_sha256', digest(changed));
  const whole = encodeSafetensors(changed, texts);
  return chance.oneIn(20) ? withHeader(whole, mutateJson(headerOf(whole), chance, [headerOf(file)])) : whole;
}

function mutateTensors(tensors: Map<string, Tensor>, chance: Chance): void {
  const name = chance.one([...tensors.keys()]);
  const { shape, data } = tensors.get(name)!;
  const length = data.length;
  const shapes = [[length], [1, length], [length, 1], [2, length / 2], [...shape, 1], shape.toReversed()];
  switch (chance.below(6)) {
    case 0:
      tensors.delete(name);
      return;
    case 1:
      tensors.set(
        chance.one(['layer1.weight', 'layer0.bias', 'x', 'first_moment.', '__proto__', 'history']),
        {
          shape,
          data,
        },
      );
      return;
    case 2: {
      const fitting = shapes.filter((sides) => elementCount(sides) === length);
      tensors.set(name, { shape: chance.one(fitting), data });
      return;
    }
    case 3:
      tensors.set(name, { shape, data: Uint32Array.from({ length }, () => chance.uint32()) });
      return;
    case 4:
      tensors.set(name, { shape: [0], data: new Float32Array() });
      return;
    default: {
      const values = [NaN, Infinity, -Infinity, -0, -1, 2, 1e308, 1e-320];
      const changed = data.slice();
      if (typeof changed[0] === 'number')
        changed.fill(chance.one(values) as never, 0, 1 + chance.below(length));
      tensors.set(name, { shape, data: changed });
    }
  }
}

function mutateTexts(texts: Map<string, string>, sound: ReadonlyMap<string, string>, chance: Chance): void {
  const key = chance.one([...sound.keys()]);
  const text = sound.get(key)!;
  const others = [...texts.values()].map((value) => Buffer.from(value));
  if (chance.oneIn(8)) texts.delete(key);
  else if (text.startsWith('{')) texts.set(key, mutateJson(text, chance, [text]));
  else if (chance.oneIn(2))
    texts.set(key, Buffer.from(mutateBytes(Buffer.from(text), chance, others)).toString());
  else
    texts.set(
      key,
      chance.one([
        '0',
        '-1',
        '1e3',
        '1.5',
        '9007199254740993',
        '',
        'NaN',
        'null',
        '[]',
        '{}',
        '\u001b[2J',
        'early',
        ...texts.values(),
      ]),
    );
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** As `data_sha256` of src/runs/checkpoint.ts: name, kind of array, shape and bytes of each tensor. */
export function digest(tensors: ReadonlyMap<string, Tensor>): string {
  const hash = createHash('sha256');
  for (const name of [...tensors.keys()].sort()) {
    const { shape, data } = tensors.get(name)!;
    hash.update(JSON.stringify([name, data.constructor.name, shape]));
    hash.update(bytesOf(data));
  }
  return hash.digest('hex');
}
