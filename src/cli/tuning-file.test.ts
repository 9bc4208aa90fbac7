import { describe, expect, it } from 'vitest';
import { EngineError } from '../base/errors.js';
import { kernels, kernelSource, productVariants, tuningText, type Tuning } from '../kernels/index.js';
import { parseTuning, requireSameAdapter, tuningFile } from '../kernels/index.js';

const entry = { kernel: 'dense_forward', rows: 32, columns: 256, inner: 784, variant: 'register' };
const file = (entries: readonly unknown[], rest: object = {}): string =>
  JSON.stringify({ format: 1, adapter: 'an adapter', subgroupSize: 8, entries, ...rest });

/** What parsing throws. */
function refusal(text: string): EngineError {
  try {
    parseTuning(text, 'some/tuning.json');
  } catch (error) {
    if (error instanceof EngineError) return error;
    throw error;
  }
  throw new Error('the file was not refused');
}

describe('a bad file is refused', () => {
  it.each<[what: string, text: string, where: string, expected: string]>([
    ['nothing', '', 'it is not JSON', 'JSON'],
    ['no JSON', '{format: 1}', 'it is not JSON', 'JSON'],
    ['half a file', file([entry]).slice(0, -10), 'it is not JSON', 'JSON'],
    [
      'a file that is too large',
      `${file([])}${' '.repeat(tuningFile.largest)}`,
      'it is too large',
      'at most 65,536',
    ],
    ['a list', '[]', 'its content is wrong', 'the keys format, adapter, subgroupSize, entries'],
    ['null', 'null', 'its content is wrong', 'an object'],
    ['a number', '1', 'its content is wrong', 'an object'],
    ['an unknown key', file([], { date: 'today' }), 'its content is wrong', 'and no others'],
    [
      '__proto__',
      '{"format":1,"adapter":"a","subgroupSize":8,"entries":[],"__proto__":{}}',
      'its content is wrong',
      'and no others',
    ],
    ['no format', '{"adapter":"a","entries":[]}', 'format', 'the one format'],
    ['another format', file([], { format: 2 }), 'format', '1, the one format'],
    ['a format in quotes', file([], { format: '1' }), 'format', 'the one format'],
    ['no adapter', '{"format":1,"entries":[]}', 'adapter', 'description'],
    ['an empty adapter', file([], { adapter: ' ' }), 'adapter', 'description'],
    ['an adapter of two lines', file([], { adapter: 'a\nb' }), 'adapter', 'in one line'],
    ['no subgroup size', '{"format":1,"adapter":"a","entries":[]}', 'subgroupSize', 'a whole number'],
    ['half a lane', file([], { subgroupSize: 0.5 }), 'subgroupSize', 'a whole number'],
    ['lanes in quotes', file([], { subgroupSize: '8' }), 'subgroupSize', 'a whole number'],
    ['no entries', '{"format":1,"adapter":"a","subgroupSize":8}', 'entries', 'a list of choices'],
    ['entries that are no list', file([], { entries: { 0: entry } }), 'entries', 'a list of choices'],
    ['an entry that is a name', file(['tile']), 'entries[0]', 'an object'],
    ['an entry that is null', file([entry, null]), 'entries[1]', 'an object'],
    [
      'lists in each other',
      file([]).replace('[]', `[${'['.repeat(30_000)}${']'.repeat(30_000)}]`),
      'it is no file of wgsl-train',
      'at most 100 in each other',
    ],
    [
      'an unknown key in an entry',
      file([{ ...entry, row: 3 }]),
      'entries[0]',
      'kernel, rows, columns, inner',
    ],
    ['an entry without a variant', file([{ kernel: 'dense_forward' }]), 'entries[0].variant', 'subgroup8'],
    ['an unknown variant', file([{ ...entry, variant: 'fast' }]), 'entries[0].variant', 'one of tile'],
    ['a variant that is a number', file([{ ...entry, variant: 8 }]), 'entries[0].variant', 'one of tile'],
    ['an unknown kernel', file([entry, { ...entry, kernel: 'gemm' }]), 'entries[1].kernel', 'dense_forward'],
    [
      'a kernel without a product',
      file([{ ...entry, kernel: 'adamw' }]),
      'entries[0].kernel',
      'dense_forward',
    ],
    ['a kernel that is null', file([{ ...entry, kernel: null }]), 'entries[0].kernel', 'dense_forward'],
    [
      'tiles that the kernel cannot take',
      file([{ ...entry, kernel: 'dense_softmax_cross_entropy', variant: 'tile128' }]),
      'entries[0].variant',
      'one of tile, split, register, wide, subgroup8, subgroup8_low',
    ],
    ['rows of 0', file([{ ...entry, rows: 0 }]), 'entries[0].rows', 'a whole number of at least 1'],
    ['half a column', file([{ ...entry, columns: 0.5 }]), 'entries[0].columns', 'a whole number'],
    ['an inner size in quotes', file([{ ...entry, inner: '784' }]), 'entries[0].inner', 'a whole number'],
    ['rows beyond every integer', file([{ ...entry, rows: 1e300 }]), 'entries[0].rows', 'a whole number'],
    ['rows that are null', file([{ ...entry, rows: null }]), 'entries[0].rows', 'a whole number'],
    [
      'two choices for the same product',
      file([entry, { variant: 'tile' }, { ...entry, variant: 'tile' }]),
      'entries[2]',
      'entries[0] has decided',
    ],
  ])('%s', (_, text, where, expected) => {
    const error = refusal(text);
    expect(error).toMatchObject({ kind: 'bad-file', exitCode: 65 });
    const what = where.includes(' ') ? where : `${where} is wrong`;
    expect(error.message).toBe(`some/tuning.json: ${what}`);
    expect(error.expected).toContain(expected);
    expect(error.remedy).toContain('node scripts/tune.js');
    expect(error.found!.length).toBeLessThan(130);
  });

  it('without letting it steer the terminal', () => {
    for (const text of ['\u001b[2J', file([{ ...entry, kernel: '\u001b[2J\r\n' }])])
      expect(refusal(text).describe()).not.toMatch(/[^\n\P{Cc}]/u);
  });
});

describe('a good file', () => {
  it('comes back as it was written, in the same bytes whatever the order of its keys', () => {
    const tuning: Tuning = {
      adapter: 'an adapter (with "quotes")',
      subgroupSize: null,
      entries: [entry, { variant: 'tile', columns: 8 }, { variant: 'split' }],
    };
    const text = tuningText(tuning);
    expect(parseTuning(text, 'f')).toEqual(tuning);
    expect(tuningText(parseTuning(text, 'f'))).toBe(text);
    expect(text).toContain('    {"columns":8,"variant":"tile"},\n');
    expect(tuningText({ adapter: 'a', subgroupSize: 8, entries: [] })).toBe(
      '{\n  "format": 1,\n  "adapter": "a",\n  "subgroupSize": 8,\n  "entries": []\n}\n',
    );
  });

  it('can name every variant of every kernel that is built on a product', () => {
    const built = kernels.filter(({ product }) => product !== undefined);
    for (const { name, product } of built)
      for (const variant of productVariants)
        if (product === 'every-variant' || variant !== 'tile128')
          expect(parseTuning(file([{ kernel: name, variant }]), 'f').entries).toEqual([
            { kernel: name, variant },
          ]);
  });

  it('is for the adapter that it was measured on', () => {
    const tuning = parseTuning(file([entry]), 'f');
    const use = (description: string, subgroupSize: number | null) => () => {
      requireSameAdapter(tuning, { description, subgroupSize }, 'f');
    };
    expect(use('an adapter', 8)).not.toThrow();
    const refused = expect.objectContaining({ kind: 'usage', exitCode: 2 }) as Error;
    expect(use('another', 8)).toThrow(refused);
    // The same driver on a CPU with shorter registers.
    expect(use('an adapter', 4)).toThrow(refused);
    expect(use('an adapter', null)).toThrow(refused);
  });
});

it('kernels say truly whether they are built on a product', () => {
  for (const { name, product } of kernels) {
    const source = (): string => kernelSource(name, product === undefined ? null : 'tile').code;
    // Without a variant a kernel with a product cannot be loaded.
    if (product === undefined) expect(source, name).not.toThrow();
    else expect(source(), name).toContain('// Matrix product, variant `tile`');
  }
});
