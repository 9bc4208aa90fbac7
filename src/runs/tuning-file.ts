/** Tuning files that a command names. */
import { platform } from '../platform/index.js';
import { readFileSync, statSync } from 'node:fs';
import { EngineError } from '../base/errors.js';
import { unreadable } from '../base/bad-file.js';
import { largestTuningFile, parseTuning, type Tuning } from '../kernels/index.js';

/** A tuning file that was named and read. */
export interface NamedTuning {
  /** As it was named. */
  readonly file: string;
  /** Of its bytes. */
  readonly sha256: string;
  readonly tuning: Tuning;
}

/** @throws EngineError `no-data` if there is no such file, `bad-file` if it is not a tuning file */
export function readTuning(file: string): NamedTuning {
  let bytes: Buffer;
  try {
    // Not to be read into memory, nor waited for, by mistake.
    const { size } = statSync(file);
    if (size > largestTuningFile)
      throw new EngineError('bad-file', `${file} is too large for a tuning file`, {
        found: `${size} bytes`,
        expected: `at most ${largestTuningFile}`,
        remedy: 'name a file that node scripts/tune.js wrote',
      });
    bytes = readFileSync(file);
  } catch (cause) {
    throw unreadable(file, cause);
  }
  return {
    file,
    sha256: platform.sha256(bytes),
    tuning: parseTuning(bytes.toString('utf8'), file),
  };
}
