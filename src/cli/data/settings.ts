/** What every subcommand of scripts/data.js works with. */
import { EngineError } from '../../base/errors.js';
import type { Environment } from '../../data/cache.js';
import type { Dataset } from '../../data/dataset.js';
import { readDirectory } from '../../data/directory.js';
import type { DownloadLimits } from '../../data/download.js';
import type { KmnistManifest } from '../../data/kmnist.js';
import type { OptionSpec, ParsedArguments } from '../arguments.js';
import type { Output } from '../output.js';

/** What tests put in the place of the environment, the official files and the patience of downloads. */
export interface DataWorld {
  readonly env: Environment;
  /** The official one if left out. */
  readonly manifest?: KmnistManifest;
  readonly limits?: Partial<DownloadLimits>;
}

export interface DataRequest extends DataWorld {
  readonly given: ParsedArguments;
  /** The words behind the subcommand. */
  readonly words: readonly string[];
  readonly output: Output;
  readonly signal: AbortSignal;
}

export interface Subcommand {
  /** What the help says of it, and its words: `[DIR]`. */
  readonly purpose: string;
  readonly words: string;
  readonly wordCount: readonly [least: number, most: number];
  readonly options: readonly OptionSpec[];
  /** Checks every value that the command line gives, before anything is touched. @throws EngineError `usage` */
  readonly check?: (given: ParsedArguments, words: readonly string[]) => void;
  /** @returns the exit code */
  readonly run: (request: DataRequest) => Promise<number>;
}

/** `readDirectory` for a directory that no --data named. @throws EngineError as it does, in other words */
export async function readNamed(directory: string): Promise<Dataset> {
  try {
    return await readDirectory(directory);
  } catch (error) {
    if (!(error instanceof EngineError) || error.kind !== 'no-data') throw error;
    throw new EngineError('no-data', error.message.replace(/^--data /, ''), {
      ...(error.found !== undefined && { found: error.found }),
      expected: 'a directory with four IDX files, plain or .gz, or the four .npz files of KMNIST',
      remedy: 'check the path, or add what is missing',
      cause: error,
    });
  }
}
