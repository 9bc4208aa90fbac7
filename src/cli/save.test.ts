import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EngineError } from '../base/errors.js';
import { checkOutputDirectory, replaceFile } from './save.js';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'wgsl-train-save-'));
});
afterEach(() => {
  rmSync(directory, { recursive: true, force: true });
});

describe('replaceFile', () => {
  it('leaves the old file where the new one cannot take its place', () => {
    mkdirSync(join(directory, 'target'));
    writeFileSync(join(directory, 'target', 'inside'), 'kept');
    expect(() => {
      replaceFile(join(directory, 'target'), 'text');
    }).toThrow();
    expect(readdirSync(directory)).toEqual(['target']);
    expect(readFileSync(join(directory, 'target', 'inside'), 'utf8')).toBe('kept');
  });
});

describe('checkOutputDirectory', () => {
  it('takes a directory, and a path at which one can be made, and makes nothing', () => {
    checkOutputDirectory(directory);
    checkOutputDirectory(join(directory, 'a', 'b'));
    expect(existsSync(join(directory, 'a'))).toBe(false);
  });
  it('refuses a file, and a path below one', () => {
    writeFileSync(join(directory, 'file'), '');
    for (const path of ['file', 'file/below']) {
      const check = () => {
        checkOutputDirectory(join(directory, path));
      };
      expect(check).toThrow(EngineError);
      expect(check).toThrow('cannot be written to');
    }
  });
});
