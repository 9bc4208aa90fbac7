import { describe, it } from 'vitest';
import { integers } from '../arrays.js';
import { confusionCase, type ConfusionOperands } from './cases/confusion.js';
import { noClass } from './cases/softmax_cross_entropy.js';
import { expectCase, expectTrialsApart } from './kernel-case.js';
import { useGpu } from './support.js';

function random(batch: number, classes: number, trials = 1, listLength = batch): ConfusionOperands {
  const perTrial = (length: number, seed: number, bound: number): Uint32Array[] =>
    Array.from({ length: trials }, (_, trial) => integers(length, seed + 10 * trial, bound));
  return {
    classes,
    labels: integers(90, 1, classes),
    indices: perTrial(listLength, 2, 90),
    predicted: perTrial(batch, 3, classes),
    counts: perTrial(classes * classes, 4, 1000),
  };
}

describe('confusion', () => {
  const gpu = useGpu();

  it('adds every row of a batch of any size', async () => {
    for (const rows of [1, 2, 3, 4, 5, 63, 64, 65, 128, 129, 1000]) {
      await expectCase(gpu(), confusionCase(random(rows, 10), rows), `${rows} rows`);
    }
  });

  it('is right for 1 to 33 classes', async () => {
    for (let classes = 1; classes <= 33; classes++) {
      await expectCase(gpu(), confusionCase(random(50, classes), 50), `${classes} classes`);
    }
  });

  it('counts the rows of a short batch only, from its place in the list', async () => {
    for (const rows of [1, 5, 63, 64, 69]) {
      const operands = random(70, 10, 1, 100);
      operands.predicted[0]!.fill(noClass, rows);
      await expectCase(gpu(), confusionCase(operands, rows, 31), `${rows} of 70 rows`);
    }
  });

  it('loses no count where all rows fall into one cell', async () => {
    const operands = random(1000, 4);
    operands.labels.fill(3);
    operands.predicted[0]!.fill(3);
    await expectCase(gpu(), confusionCase(operands, 1000), 'one cell');
  });

  it('keeps three trials apart, and gives the same bits again', async () => {
    const testCase = confusionCase(random(37, 5, 3, 50), 35, 7);
    await expectCase(gpu(), testCase, 'three trials');
    await expectTrialsApart(gpu(), testCase.run);
  });
});
