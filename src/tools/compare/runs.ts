/** The runs and variants that compare.js was asked to hold beside each other. */
import { commandLine } from '../../platform/command-line.js';
import { existsSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { EngineError } from '../../base/errors.js';
import { matching, record } from '../../base/schema.js';
import type { Summary } from '../../experiments/index.js';
import { tryReadJsonFile } from '../../platform/json-file.js';
import { latestName, openRun, runFiles } from '../../runs/index.js';
import { suggest } from '../../base/suggest.js';

export type VariantRecord = Summary['variants'][number];

/** A run with the letter that it goes by. */
export interface ComparedRun {
  readonly letter: string;
  readonly directory: string;
  readonly summary: Summary;
  /** The commit that it was trained with; null if nobody wrote it down. */
  readonly commit: string | null;
}

/** One variant of a run. */
export interface ComparedVariant {
  readonly run: ComparedRun;
  readonly record: VariantRecord;
  /** In brackets if it was trained beside the sweep, for comparison only. */
  readonly name: string;
}

const letters = Array.from('ABCDEFGHIJKLMNOPQRSTUVWXYZ');

/**
 * Reads what was named.
 * @param words each the directory of a run, `latest`, or one of these with `:VARIANT` behind it
 * @returns at least two variants, each once, in the order named
 * @throws EngineError `usage` (no such variant, nothing to compare), `no-data` or `bad-file`
 */
export function readContenders(words: readonly string[]): ComparedVariant[] {
  const runs = new Map<string, ComparedRun>();
  const found: ComparedVariant[] = [];
  for (const word of words) {
    const { name, variant } = splitWord(word);
    for (const contender of contendersOf(readRun(name, runs), variant))
      if (!found.some(({ run, record }) => run === contender.run && record === contender.record))
        found.push(contender);
  }
  if (found.length > 1) return found;
  throw new EngineError('usage', 'there is nothing to compare with', {
    found: found.map(({ run, name }) => `${run.directory}: ${name}`).join(''),
    expected: 'two runs, or a run with several variants',
    remedy: `name another run: ${commandLine('compare', 'RUN RUN')}`,
  });
}

/** The name of a run may have colons in it, too: the longest one that is there counts. */
function splitWord(word: string): { readonly name: string; readonly variant: string | null } {
  const isThere = (name: string): boolean => name === latestName || existsSync(name);
  for (let at = word.lastIndexOf(':'); at > 0 && !isThere(word); at = word.lastIndexOf(':', at - 1)) {
    if (isThere(word.slice(0, at))) return { name: word.slice(0, at), variant: word.slice(at + 1) };
  }
  return { name: word, variant: null };
}

/** @param known runs by where they really lie */
function readRun(name: string, known: Map<string, ComparedRun>): ComparedRun {
  const { directory, summary } = openRun(name);
  const place = realpathSync(directory);
  const before = known.get(place);
  if (before !== undefined) return before;
  const letter = letters[known.size];
  if (letter === undefined)
    throw new EngineError('usage', 'too many runs', { expected: `at most ${letters.length} of them` });
  const run = { letter, directory, summary, commit: commitOf(directory) };
  known.set(place, run);
  return run;
}

function contendersOf(run: ComparedRun, variant: string | null): ComparedVariant[] {
  const { variants, comparisons } = run.summary;
  const all: ComparedVariant[] = [
    ...variants.map((record) => ({ run, record, name: record.name })),
    ...comparisons.map((record) => ({ run, record, name: `(${record.name})` })),
  ];
  if (variant === null) return all;
  const found = all.filter(({ name, record }) => variant === record.name || variant === name);
  if (found.length > 0) return found.slice(0, 1);
  const names = all.map(({ record }) => record.name);
  const meant = suggest(variant, names);
  throw new EngineError('usage', `the run in ${run.directory} has no variant ${JSON.stringify(variant)}`, {
    expected: `one of ${names.join(' ')}`,
    ...(meant !== undefined && { remedy: `did you mean ${run.directory}:${meant}?` }),
  });
}

const environmentSchema = record({ source: record({ commit: matching(/^[0-9a-f]{7,64}$/, 'a commit') }) });

/** It only serves a warning; a run without it can be compared as well. */
function commitOf(directory: string): string | null {
  return tryReadJsonFile(environmentSchema, join(directory, runFiles.environment))?.source.commit ?? null;
}

/** `A dropout=0.5`. */
export function contenderName({ run, name }: ComparedVariant): string {
  return `${run.letter} ${name}`;
}

/**
 * What each contender is held against: of several runs the variant of the same name in the first one, or else
 * the first contender; within one run the first contender.
 */
export function opponents(
  contenders: readonly ComparedVariant[],
): (readonly [ComparedVariant, ComparedVariant])[] {
  const first = contenders[0]!;
  const ofFirst = contenders.filter(({ run }) => run === first.run);
  if (ofFirst.length === contenders.length) return contenders.slice(1).map((each) => [each, first]);
  return contenders
    .filter(({ run }) => run !== first.run)
    .map((each) => [each, ofFirst.find(({ record }) => record.name === each.record.name) ?? first]);
}
