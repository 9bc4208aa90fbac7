/** The page of a run that has just finished: what its selected network says of the test set, and the charts. */
import type { Dataset } from '../../data/dataset.js';
import type { Summary } from '../../experiments/index.js';
import { denseLayers } from '../../formats/dense.js';
import type { RunReport } from '../../report/page/types.js';
import type { ProfileRecord } from '../../report/profile/record.js';
import { readCheckpoint } from '../../runs/index.js';
import { softmax } from '../../train/logits.js';
import type { Session } from '../engine.js';

/** A summary, with the profile of the run if it was profiled. */
export type RunSummary = Summary & { readonly profile?: readonly ProfileRecord[] };

/** KMNIST's licence wants its makers named wherever its images are shown; a directory does not say whether it holds them. */
const attribution =
  'Images of KMNIST: "KMNIST Dataset" (created by CODH), adapted from "Kuzushiji Dataset" (created by NIJL and others), ' +
  'doi:10.20676/00000341, CC BY-SA 4.0.';

function mayBeKmnist({ name, rows, columns, classNames }: Dataset): boolean {
  return rows === 28 && columns === 28 && classNames.includes('tsu') && !name.startsWith('synthetic');
}

/**
 * What the report of a run is made of. The selected network runs over the test set once more, from its checkpoint.
 * @param directory of the run
 */
export async function runReport(
  directory: string,
  summary: RunSummary,
  dataset: Dataset,
  session: Session,
  signal: AbortSignal,
): Promise<RunReport> {
  const { variant, seed } = summary.selected;
  const checkpoint = readCheckpoint(directory, { variant, seed });
  const layers = denseLayers(checkpoint.parameters, checkpoint.path);
  const { test, classes, rows, columns } = dataset;
  const logits = await session.inferLogits(layers, test.pixels, { signal });
  return {
    summary,
    test: {
      labels: Uint8Array.from(test.labels),
      probabilities: Float32Array.from(softmax(logits, classes)),
      images: test.pixels,
      rows,
      columns,
      ...(mayBeKmnist(dataset) && { attribution }),
    },
    firstLayer: { weights: layers[0]!.weights, outputs: layers[0]!.outputs },
    profile: summary.profile ?? null,
  };
}
