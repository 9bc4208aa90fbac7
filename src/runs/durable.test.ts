/** Files are whole and stay, whatever the file system does. */
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EngineError } from '../base/errors.js';
import { appendFile, makeDirectory, removeStaleTemporaries, replaceFile } from './index.js';
import { temporaryFor } from '../platform/process.js';
import { withFailingFs, type FsCall, type WatchedFs } from './testing/failing-fs.js';

let home: string;
let path: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'wgsl-train-durable-'));
  path = join(home, 'last.safetensors');
});
afterEach(() => {
  rmSync(home, { recursive: true, force: true });
});

const codes = ['EIO', 'ENOSPC', 'EROFS', 'EACCES', 'EDQUOT', 'ENOTDIR', 'EMFILE'];
const isWindows = process.platform === 'win32';

const expectNotWritten = ({ error }: WatchedFs<unknown>, file: string, code: string): void => {
  expect(error).toBeInstanceOf(EngineError);
  expect(error).toMatchObject({ kind: 'not-written', exitCode: 74 });
  const { message, found, remedy } = error as EngineError;
  expect(message).toContain(file);
  expect(found).toContain(code);
  expect(remedy).toMatch(/, then run the command again$/);
};

const descriptors = (): number => (existsSync('/proc/self/fd') ? readdirSync('/proc/self/fd').length : 0);

/** What is open when nothing fails, as call and number, to name the place where something does. */
const sitesOf = ({ calls }: WatchedFs<unknown>): (readonly [string, number])[] =>
  calls.map(({ call }, index) => [call, index] as const);

describe('replaceFile', () => {
  it.skipIf(isWindows)('syncs the content before it takes the name, and the directory after it', () => {
    const { calls } = withFailingFs(
      () => null,
      () => {
        replaceFile(path, 'new');
      },
    );
    const temporary = calls[0]!.path;
    expect(temporary).toMatch(/last\.safetensors\.[0-9a-f]{8}-\d+-\d+-[0-9a-f]{8}\.part$/);
    expect(calls.map(({ call, path: at }) => [call, at])).toEqual([
      ['openSync', temporary],
      ['writeFileSync', temporary],
      ['fsyncSync', temporary],
      ['closeSync', temporary],
      ['renameSync', temporary],
      ['openSync', home],
      ['fsyncSync', home],
      ['closeSync', home],
    ] satisfies [FsCall, string][]);
    expect(readdirSync(home)).toEqual(['last.safetensors']);
  });

  it('never uses a temporary name twice, nor one that is taken', () => {
    const names = Array.from({ length: 20 }, () => {
      const { calls } = withFailingFs(
        () => null,
        () => {
          replaceFile(path, 'new');
        },
      );
      return calls[0]!.path;
    });
    expect(new Set(names).size).toBe(20);
  });

  // What the calls are stands in the first test; a change there shows here as a site that nothing covers.
  const sites = [
    'open',
    'write',
    'fsync',
    'close',
    'rename',
    'open directory',
    'fsync directory',
    'close directory',
  ];
  const isTolerated = (site: string, code: string): boolean =>
    site === 'close directory' || (site === 'open directory' && code === 'EACCES');

  for (const [index, site] of (isWindows ? sites.slice(0, 5) : sites).entries())
    it.each(codes)(`${site} fails with %s`, (code) => {
      for (const before of [Buffer.from([0, 255, 1, 254]), null]) {
        rmSync(path, { force: true });
        if (before !== null) writeFileSync(path, before);
        const open = descriptors();
        const after = Buffer.from('what is new, and longer');
        const watched = withFailingFs(
          (call) => (call.index === index ? code : null),
          () => {
            replaceFile(path, after);
          },
        );
        expect(watched.calls.filter(({ failed }) => failed)).toHaveLength(1);
        if (isTolerated(site, code)) expect(watched.error).toBeUndefined();
        else expectNotWritten(watched, path, code);
        // Until the rename the old content stays, bit for bit; from then on the new one is whole.
        const expected = site.endsWith('directory') ? after : before;
        expect(readdirSync(home)).toEqual(expected === null ? [] : ['last.safetensors']);
        if (expected !== null) expect(readFileSync(path)).toEqual(expected);
        expect(descriptors()).toBe(open);
      }
    });

  it('a disk that is gone from one call on leaves what the next start removes', () => {
    writeFileSync(path, 'old');
    for (let first = 0; first < 5; first++) {
      const watched = withFailingFs(
        ({ index }) => (index >= first ? 'EIO' : null),
        () => {
          replaceFile(path, 'new');
        },
      );
      expectNotWritten(watched, path, 'EIO');
      expect(readFileSync(path, 'utf8')).toBe('old');
      removeStaleTemporaries(home);
      expect(readdirSync(home)).toEqual(['last.safetensors']);
    }
  });

  it.skipIf(isWindows).each(['EINVAL', 'ENOTSUP', 'ENOSYS'])(
    'takes %s for a file system that cannot sync directories',
    (code) => {
      const { error } = withFailingFs(
        ({ call, path: at }) => (call === 'fsyncSync' && at === home ? code : null),
        () => {
          replaceFile(path, 'new');
        },
      );
      expect(error).toBeUndefined();
      expect(readFileSync(path, 'utf8')).toBe('new');
    },
  );

  it('passes on what the system did not say', () => {
    expect(() => {
      replaceFile(path, 1 as unknown as string);
    }).toThrow(TypeError);
    expect(readdirSync(home)).toEqual([]);
  });
});

describe('appendFile', () => {
  it.each(codes)('fails with %s and leaves the file as it was, wherever it fails', (code) => {
    for (const before of ['one\n', null]) {
      const write = (): void => {
        rmSync(path, { force: true });
        if (before !== null) writeFileSync(path, before);
      };
      const append = (): void => {
        appendFile(path, 'two\n');
      };
      write();
      const sites = sitesOf(withFailingFs(() => null, append));
      expect(sites.map(([call]) => call)).toEqual(['openSync', 'writeFileSync', 'closeSync']);
      for (const [call, index] of sites) {
        write();
        const open = descriptors();
        const watched = withFailingFs((made) => (made.index === index ? code : null), append);
        expectNotWritten(watched, path, code);
        expect([call, existsSync(path) ? readFileSync(path, 'utf8') : null]).toEqual([call, before]);
        expect(descriptors()).toBe(open);
      }
    }
  });

  it('grows a file, and makes it first', () => {
    appendFile(path, 'one\n');
    appendFile(path, Buffer.from('two\n'));
    expect(readFileSync(path, 'utf8')).toBe('one\ntwo\n');
  });

  it.runIf(existsSync('/dev/full'))('names the device that is full', () => {
    const watched = withFailingFs(
      () => null,
      () => {
        appendFile('/dev/full', 'one\n');
      },
    );
    expectNotWritten(watched, '/dev/full', 'ENOSPC');
  });
});

describe('makeDirectory', () => {
  it.skipIf(isWindows)('syncs every directory that got a new name in it', () => {
    const folder = join(home, 'a', 'b');
    const make = (): void => {
      makeDirectory(folder);
    };
    const { calls } = withFailingFs(() => null, make);
    expect(calls.filter(({ call }) => call === 'fsyncSync').map((call) => call.path)).toEqual([
      home,
      join(home, 'a'),
    ]);
    expect(withFailingFs(() => null, make).calls).toEqual([]);
  });

  it.each(codes)('fails with %s', (code) => {
    const watched = withFailingFs(
      ({ call }) => (call === 'mkdirSync' ? code : null),
      () => {
        makeDirectory(join(home, 'a'));
      },
    );
    expectNotWritten(watched, join(home, 'a'), code);
  });

  it('names what is in the way', () => {
    writeFileSync(path, '');
    expect(() => {
      makeDirectory(join(path, 'a'));
    }).toThrow(
      expect.objectContaining({
        kind: 'not-written',
        found: expect.stringMatching(/ENOTDIR|EEXIST/) as string,
      }),
    );
  });
});

describe('removeStaleTemporaries', () => {
  const leave = (...names: string[]): void => {
    for (const name of names) {
      mkdirSync(join(home, name, '..'), { recursive: true });
      writeFileSync(join(home, name), 'half');
    }
  };
  /** What temporaries of a process of this machine end in. */
  const endOf = (pid: number): string => {
    const [, place, ticks] = /\.([0-9a-f]{8})-\d+-(\d+)-[0-9a-f]{8}\.part$/.exec(temporaryFor('x'))!;
    return `${place}-${pid}-${pid === process.pid ? ticks : 0}-0123abcd.part`;
  };
  /** That of a process that is gone. */
  const gone = async (): Promise<string> => {
    const child = spawn(process.execPath, ['--version'], { stdio: 'ignore' });
    await once(child, 'exit');
    return endOf(child.pid!);
  };

  it('removes those of processes that are gone, in every folder of a run', async () => {
    const end = await gone();
    const temporaries = [
      `summary.json.${end}`,
      `charts/loss.svg.${end}`,
      `checkpoints/a-seed0/last.safetensors.${end}`,
      `checkpoints/b-seed1/best.safetensors.${end}`,
      // The number of this process was that of another: this one is not writing.
      `config.json.${endOf(process.pid)}`,
    ];
    leave(...temporaries);
    expect(removeStaleTemporaries(home).sort()).toEqual(temporaries.map((name) => join(home, name)).sort());
    expect(removeStaleTemporaries(home)).toEqual([]);
  });

  it('leaves those of processes that are at it, and what others named', async () => {
    const end = await gone();
    const child = spawn(process.execPath, ['--eval', 'setInterval(() => {}, 1000)']);
    const ended = once(child, 'exit');
    const others = [
      `last.safetensors.${endOf(child.pid!)}`,
      'notes.77.part',
      // Of another machine: nobody here knows whether it lives.
      `last.safetensors.${'0'.repeat(8)}${end.slice(8)}`,
      `notes.${end}.txt`,
      end,
      `deep/er/last.safetensors.${end}`,
    ];
    leave(...others);
    expect(removeStaleTemporaries(home)).toEqual([]);
    child.kill();
    await ended;
    expect(removeStaleTemporaries(home)).toEqual([join(home, others[0]!)]);
  });

  it('has nothing to do where there is no run', () => {
    expect(removeStaleTemporaries(join(home, 'nowhere'))).toEqual([]);
  });
});
