/** Files that a person dropped or chose: told apart by their names, and checked by their content. */
import { checkSize } from '../../base/schema.js';
import type { Summary } from '../../experiments/summary.js';
import { trialFolder } from '../../runs/layout.js';
import type { Added, GivenFile } from '../protocol.js';
import type { DataSets } from './data-sets.js';
import { networkOf, type KnownNetwork } from './networks.js';
import { readSummary, viewOf } from './run-files.js';

export interface OpenedFiles {
  readonly added: readonly Added[];
  readonly networks: readonly KnownNetwork[];
}

/** A network of 16 million parameters; a checkpoint has them three times. */
const mostNetworkBytes = 2 ** 27;
const mostSummaryBytes = 2 ** 25;

/**
 * Networks and summaries if there are any, even among the other files of a run; otherwise a data set.
 * @param kana the names of the ten kana
 * @throws EngineError `bad-file`, `no-data` or `usage`
 */
export async function openFiles(
  files: readonly GivenFile[],
  data: DataSets,
  kana: readonly string[],
): Promise<OpenedFiles> {
  const summaryFile = files.find(({ path }) => /(^|\/)summary.*\.json$/i.test(path));
  const summary =
    summaryFile === undefined
      ? null
      : readSummary(await bytesOf(summaryFile, mostSummaryBytes), summaryFile.path);
  const networkFile = networkAmong(files, summary);
  if (summary === null && networkFile === undefined)
    return { added: [{ kind: 'data', data: await data.addFiles(files) }], networks: [] };
  const networks =
    networkFile === undefined
      ? []
      : [
          networkOf(
            {
              name: networkFile.path,
              bytes: await bytesOf(networkFile, mostNetworkBytes),
              classNames: summary?.selected.classNames ?? null,
              kana,
            },
            `file ${networkFile.path}`,
          ),
        ];
  return {
    networks,
    added: [
      ...networks.map(({ facts }): Added => ({ kind: 'network', network: facts })),
      ...(summary === null ? [] : [{ kind: 'run', run: viewOf(summary) } as const]),
    ],
  };
}

/** The network of a whole run is that of its selected variant. */
function networkAmong(files: readonly GivenFile[], summary: Summary | null): GivenFile | undefined {
  const networks = files.filter(({ path }) => /\.safetensors$/i.test(path));
  if (summary === null || networks.length === 1) return networks[0];
  const { variant, seed } = summary.selected;
  return (
    networks.find(({ path }) => path.endsWith(`/${trialFolder(variant, seed)}/best.safetensors`)) ??
    networks[0]
  );
}

/** @throws EngineError `bad-file` for a file that is too large to be what its name says */
async function bytesOf({ path, file }: GivenFile, largest: number): Promise<Uint8Array> {
  checkSize(file.size, { file: path, largest, remedy: 'check that this is the file that you mean' });
  return new Uint8Array(await file.arrayBuffer());
}
