import { describe, it } from 'vitest';
import type { KernelCase } from './kernel-case.js';
import { expectCase, expectTrialsApart } from './kernel-case.js';
import { noteShares } from './shares.js';
import { lengths, spans, useGpu } from './support.js';

/** The shape of every operand of an elementwise kernel. */
export interface ElementwiseShape {
  readonly rows: number;
  readonly columns: number;
  readonly vector: boolean;
}

/**
 * Around the ends of vec4, of a CPU's workgroups (32 elements) and what `lengths` has, in ascending order.
 */
const allLengths = [...new Set([2, 7, 8, 9, 31, 32, 33, 64, ...lengths])].sort((a, b) => a - b);
const matrices = [1, 2, 3, 4, 5, 8].flatMap((rows) =>
  [1, 3, 4, 5, 31, 33].map((columns) => ({ rows, columns })),
);

/** What every kernel that walks its operands element by element is held to, however it is cut. */
export function describeElementwise(
  title: string,
  build: (shape: ElementwiseShape, trials: number) => KernelCase,
): void {
  const gpu = useGpu();
  const note = noteShares(title);

  describe.each(spans)(`${title}, cut $cut`, ({ software }) => {
    const traits = () => ({ ...gpu().traits, software });

    it('is right for every length around the ends of its pieces', async () => {
      for (const columns of allLengths) {
        const testCase = build({ rows: 1, columns, vector: true }, 1);
        note('vectors', await expectCase(gpu(), testCase, `length ${columns}`, traits()));
      }
    });

    it('is right for matrices, and keeps their padding 0', async () => {
      for (const { rows, columns } of matrices) {
        const testCase = build({ rows, columns, vector: false }, 1);
        note('matrices', await expectCase(gpu(), testCase, `${rows}x${columns}`, traits()));
      }
    });

    it('keeps three trials apart, and gives the same bits again', async () => {
      const testCase = build({ rows: 7, columns: 45, vector: false }, 3);
      note('trials', await expectCase(gpu(), testCase, 'three trials', traits()));
      await expectTrialsApart(gpu(), { ...testCase.run, traits: traits() });
    });
  });
}
