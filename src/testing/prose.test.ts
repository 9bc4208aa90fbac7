import { existsSync, readdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';

import { mayImport, type Module } from './architecture.js';
import {
  columns,
  findDeadLinks,
  findDeadPaths,
  findLongReadme,
  findWideComments,
  findWideLines,
  readmeWords,
} from './prose.js';
import { readModules, repository } from './read-modules.js';

const exists = (path: string): boolean => existsSync(join(repository, path));
const begins = (path: string): boolean => {
  const folder = join(repository, dirname(path));
  return (
    exists(path) ||
    (existsSync(folder) && readdirSync(folder).some((name) => name.startsWith(basename(path))))
  );
};

describe('what people read', () => {
  const pages = [
    ...readModules('.', /\.md$/, false),
    ...readModules('docs', /\.md$/),
    ...readModules('.github', /\.(md|yml)$/),
  ];

  it('is read at all', () => {
    expect(pages.map(({ path }) => path)).toEqual(
      expect.arrayContaining(['README.md', 'docs/commands.md', '.github/workflows/ci.yml']),
    );
  });

  it(`has no line of more than ${columns} columns`, () => {
    expect(findWideLines(pages)).toEqual([]);
  });

  it(`begins with a README of at most ${readmeWords} words`, () => {
    expect(findLongReadme(pages.find(({ path }) => path === 'README.md')!.text)).toEqual([]);
  });

  it('says what lives in each room', () => {
    const { text } = pages.find(({ path }) => path === 'docs/architecture.md')!;
    const rooms = Object.keys(mayImport).filter((room) => room !== 'index' && room !== 'scripts');
    const unsaid = (room: string) => !text.includes(`| \`src/${room.replace(/^tools\/.*/, 'tools/*')}\` |`);
    expect(rooms.filter(unsaid)).toEqual([]);
  });

  it('has no link that leads nowhere', () => {
    expect(findDeadLinks(pages, exists)).toEqual([]);
  });

  it('names no path that is not there', () => {
    expect(findDeadPaths(pages, begins)).toEqual([]);
  });

  it(`has no comment of more than ${columns} columns`, () => {
    const modules = ['src', 'shaders', 'scripts', 'kernels.test'].flatMap((folder) =>
      readModules(folder, /\.(ts|js|wgsl|py|sh)$/),
    );
    expect(findWideComments(modules)).toEqual([]);
  });
});

describe('the checks find', () => {
  const page = (text: string): readonly Module[] => [{ path: 'docs/a.md', text }];

  it.each<[string, string, number]>([
    ['prose', 'x'.repeat(111), 1],
    ['a table', `| ${'x'.repeat(107)} |`, 1],
    ['nothing in what fits, in characters and not in bytes', '±'.repeat(110), 0],
  ])('lines that are too wide: %s', (_, text, count) => {
    expect(findWideLines(page(text))).toHaveLength(count);
  });

  it.each<[string, string, number]>([
    ['// alone', `  // ${'x'.repeat(110)}`, 1],
    ['in a block', `/**\n * ${'x'.repeat(110)}\n */`, 1],
    ['behind code', `${'x'.repeat(100)}; // ${'y'.repeat(20)}`, 1],
    ['none in code', `const a = '${'x'.repeat(110)}http://a.b';`, 0],
  ])('comments that are too wide: %s', (_, text, count) => {
    expect(findWideComments([{ path: 'src/a.ts', text }])).toHaveLength(count);
  });

  it('comments of scripts that are too wide', () => {
    const text = `# ${'x'.repeat(110)}\n* ) ${'x'.repeat(110)}`;
    expect(findWideComments([{ path: 'scripts/a.sh', text }])).toHaveLength(1);
  });

  it('a README that is too long', () => {
    expect(findLongReadme('word '.repeat(900))).toEqual([]);
    expect(findLongReadme('word\n'.repeat(901))).toEqual(['README.md has 901 words, 900 at most']);
  });

  it.each<[string, string, string[]]>([
    ['files', '[a](b.md) [c](../README.md)', ['docs/a.md:1 links to b.md, which is not there']],
    ['pictures', '<img src="no.svg">', ['docs/a.md:1 links to no.svg, which is not there']],
    [
      'headings',
      '## The `one`, 2\n[a](#the-one-2) [b](#two)',
      ['docs/a.md:2 links to #two, which is not there'],
    ],
    [
      'headings in code only',
      '```\n# two\n```\n[b](a.md#two)',
      ['docs/a.md:4 links to a.md#two, which is not there'],
    ],
    ['nothing in addresses', '[a](https://example.org/b.md)', []],
  ])('links that lead nowhere: %s', (_, text, expected) => {
    const there = ['README.md', 'docs/a.md'];
    expect(findDeadLinks(page(text), (path) => there.includes(path))).toEqual(expected);
  });

  it('paths that are not there', () => {
    const text = 'node scripts/train.js, `src/gpu/`, `src/nowhere/a.ts`, shaders/NAME.wgsl, src/*/b.test.ts';
    const there = ['scripts/train.js', 'src/gpu/'];
    expect(findDeadPaths(page(text), (path) => there.includes(path))).toEqual([
      'docs/a.md:1 names src/nowhere/a.ts, which is not there',
    ]);
  });
});
