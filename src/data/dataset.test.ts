import { expect, test } from 'vitest';
import { recordedFacts, type Dataset } from './dataset.js';

test('what images look like is measured when it is first asked for, and not of features', () => {
  const part = { count: 2, pixels: Uint8Array.of(0, 255, 0, 255), labels: Uint8Array.of(0, 1) };
  const classes = { classes: 2, classNames: ['0', '1'] };
  let reads = 0;
  const dataset: Dataset = {
    ...{ name: 'set', rows: 1, columns: 2, sha256: 'digest', test: part, ...classes },
    get train() {
      reads++;
      return part;
    },
  };
  const facts = recordedFacts(dataset);
  expect(facts).toMatchObject({ name: 'set', sha256: 'digest' });
  expect(reads).toBe(0);
  expect(facts.input).toMatchObject({ rows: 1, columns: 2 });
  expect(JSON.parse(JSON.stringify(facts))).toMatchObject({ input: { rows: 1, columns: 2 } });
  const features = { ...part, pixels: Float32Array.of(-1, 2, 0, 1) };
  expect(recordedFacts({ ...dataset, train: features }).input).toBeNull();
});
