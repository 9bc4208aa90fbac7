/** Tuning files that a command names. */
import { parseTuning, tuningFile, type Tuning } from '../kernels/index.js';
import { platform } from '../platform/index.js';
import { readBounded } from '../platform/json-file.js';

export interface NamedTuning {
  /** As it was named. */
  readonly file: string;
  readonly sha256: string;
  readonly tuning: Tuning;
}

/** @throws EngineError `no-data` if there is no such file, `bad-file` if it is not a tuning file */
export function readTuning(file: string): NamedTuning {
  const bytes = readBounded({ ...tuningFile, file });
  return { file, sha256: platform.sha256(bytes), tuning: parseTuning(bytes, file) };
}
