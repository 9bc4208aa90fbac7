/**
 * The rules of what people read, as pure checks over file texts: how wide a line is, how long the README,
 * where links and paths lead. Each check gives one line per violation.
 */
import { posix } from 'node:path';

import type { Module } from './architecture.js';

/** The widest line of prose and of comments, in characters. */
export const columns = 110;

/** The longest README, in words as `wc -w` counts them: code and tables count, too. */
export const readmeWords = 900;

const width = (line: string): number => Array.from(line).length;

const inLines = (
  files: readonly Module[],
  find: (line: string, file: Module) => readonly string[],
): string[] =>
  files.flatMap((file) =>
    file.text
      .split('\n')
      .flatMap((line, i) => find(line, file).map((what) => `${file.path}:${i + 1} ${what}`)),
  );

/** Lines of prose that are too wide: tables, code and pictures are read in the same window. */
export function findWideLines(pages: readonly Module[]): string[] {
  return inLines(pages, (line) => (width(line) > columns ? [`has ${width(line)} columns`] : []));
}

/** Comments that are too wide, alone on their line or behind code. */
export function findWideComments(modules: readonly Module[]): string[] {
  return inLines(modules, (line, { path }) => {
    const comment = /\.(py|sh)$/.test(path) ? /^\s*#/ : /^\s*(\/\/|\/\*|\* )|\s\/\/ /;
    return width(line) > columns && comment.test(line) ? [`has a comment of ${width(line)} columns`] : [];
  });
}

/** A README that is too long. */
export function findLongReadme(text: string): string[] {
  const words = text.split(/\s+/).filter((word) => word !== '').length;
  return words > readmeWords ? [`README.md has ${words} words, ${readmeWords} at most`] : [];
}

/** A heading's anchor, as GitHub makes it. */
function anchorOf(heading: string): string {
  const plain = heading.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1').toLowerCase();
  return plain.replace(/[^\p{L}\p{N}\s_-]/gu, '').replaceAll(' ', '-');
}

function anchorsOf(text: string): Set<string> {
  const prose = text.replace(/^```[^]*?^```/gm, '');
  return new Set([...prose.matchAll(/^#+ (.*)$/gm)].map(([, heading]) => anchorOf(heading!)));
}

/**
 * Links and pictures that lead nowhere: to a file that is not there, or to a heading that the page does not
 * have.
 * @param exists whether the repository has a file or folder of that path
 */
export function findDeadLinks(pages: readonly Module[], exists: (path: string) => boolean): string[] {
  const anchors = new Map(pages.map(({ path, text }) => [path, anchorsOf(text)]));
  return inLines(pages, (line, { path }) =>
    [...line.matchAll(/\]\(([^)\s]+)\)|\b(?:src|href)="([^"]+)"/g)]
      .map(([, link, attribute]) => link ?? attribute!)
      .filter((target) => !/^[a-z]+:/.test(target))
      .filter((target) => {
        const [file = '', anchor] = target.split('#');
        const to = file === '' ? path : posix.join(posix.dirname(path), file);
        return !exists(to) || (anchor !== undefined && anchors.get(to)?.has(anchor) !== true);
      })
      .map((target) => `links to ${target}, which is not there`),
  );
}

/**
 * Paths of the repository, named in code or in a command, that are not there. What ends in a part of a name
 * counts if something begins with it, as vitest takes it; a name with `*`, `<` or capitals
 * (shaders/NAME.wgsl) stands for many.
 * @param begins whether a path of the repository begins so
 */
export function findDeadPaths(pages: readonly Module[], begins: (path: string) => boolean): string[] {
  const named = /(?<![\w./-])(?:src|shaders|kernels\.test|scripts|docs)\/[\w./*<>-]*/g;
  return inLines(pages, (line) =>
    [...line.matchAll(named)]
      .map(([path]) => path.replace(/[.,]$/, ''))
      .filter((path) => !/[*<]|\b[A-Z]{2,}\b/.test(path) && !begins(path))
      .map((path) => `names ${path}, which is not there`),
  );
}
