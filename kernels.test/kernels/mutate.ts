/**
 * Small changes to shader text, made by pattern: what a slip of the pen would leave behind, one at a time.
 */

export interface Mutant {
  /** In shaders/. */
  readonly file: string;
  /** Counted from 1. */
  readonly line: number;
  /** The line as it is and as it becomes, without indentation and comment. */
  readonly from: string;
  readonly to: string;
  /** Which of the file's lines with the text `from` it is, counted from 1. */
  readonly occurrence: number;
  /** The whole file with the change. */
  readonly text: string;
}

/** Replaces a match, or gives several replacements for it; null leaves it alone. */
type Change = (match: RegExpExecArray, line: string) => readonly string[] | string | null;

const inLoopHeader = (line: string): boolean => line.startsWith('for (');

/** A change that could make a loop endless is none to try. */
const outsideLoopHeaders =
  (...replacements: readonly string[]): Change =>
  (_, line) =>
    inLoopHeader(line) ? null : replacements;

const swaps: Readonly<Record<string, Change>> = {
  ' + ': () => ' - ',
  ' - ': () => ' + ',
  ' * ': () => ' / ',
  ' / ': () => ' * ',
  ' % ': () => ' / ',
  ' < ': (_, line) => (inLoopHeader(line) ? ' <= ' : [' <= ', ' >= ']),
  ' <= ': outsideLoopHeaders(' < ', ' > '),
  ' > ': outsideLoopHeaders(' >= ', ' <= '),
  ' >= ': outsideLoopHeaders(' > ', ' < '),
  ' == ': outsideLoopHeaders(' != '),
  ' != ': outsideLoopHeaders(' == '),
  ' && ': outsideLoopHeaders(' || '),
  ' || ': outsideLoopHeaders(' && '),
  ' += ': outsideLoopHeaders(' -= ', ' = '),
  ' >> ': () => ' << ',
  ' & ': () => ' | ',
  ' ^ ': () => ' | ',
  'max(': () => 'min(',
  'min(': () => 'max(',
  'sqrt(': () => '(',
  'log(': () => '(',
  'exp(': () => '(',
  true: () => 'false',
  false: () => 'true',
  'trial.index': () => '0u',
  'step.offset': () => '0u',
  'step.slot': () => '0u',
  'step.rows': () => '(step.rows + 1u)',
  'workgroup.x': () => '0u',
  'workgroup.y': () => '0u',
  'trials[workgroup.z]': () => 'trials[0]',
  'tile.x': () => '0u',
  'tile.y': () => '0u',
};

const escaped = (text: string): string => text.replace(/[()[\].*+|^]/g, '\\$&');
const edge = (at: string | undefined): string => (/\w/.test(at ?? '') ? '\\b' : '');
const word = (text: string): RegExp => new RegExp(edge(text[0]) + escaped(text) + edge(text.at(-1)), 'g');

const nextLetter: Readonly<Record<string, string>> = { x: 'y', y: 'z', z: 'w', w: 'x' };

const patterns: readonly (readonly [RegExp, Change])[] = [
  ...Object.entries(swaps).map(([text, change]) => [word(text), change] as const),
  // Whole numbers, one more and one less; a step of a loop does not become 0.
  [
    /\b(\d+)u\b/g,
    ([, digits], line) => {
      const value = Number(digits);
      const least = inLoopHeader(line) ? 1 : 0;
      return [value + 1, value - 1].filter((each) => each >= least).map((each) => `${each}u`);
    },
  ],
  [/\b0x[0-9a-f]+u\b/g, ([text]) => `(${text} ^ 0x8000u)`],
  [/(?<!override .*)\b\d+\.\d+\b/g, ([text]) => (Number(text) === 0 ? '0.01' : `(1.01 * ${text})`)],
  [
    /(?<=: f32 = )[\de.-]+(?=;)/g,
    ([text]) => (Number(text) > 0.5 ? `${0.999 * Number(text)}` : `${1.01 * Number(text)}`),
  ],
  [/(?<=: u32 = )\d+(?=;)/g, ([text]) => String(Number(text) + 1)],
  [/(?<=@workgroup_size\([^)]*)\d+/g, ([text]) => [String(Number(text) + 1), String(Number(text) - 1)]],
  // Larger arrays only waste memory.
  [/(?<=array<.*, )\d+(?=>)/g, ([text]) => String(Number(text) - 1)],
  [/(?<=\w|\]|\))\.([xyzw])\b/g, ([, letter]) => `.${nextLetter[letter!]}`],
  [/\+\+(?=\))/g, () => ' += 2u'],
  [/!(?=\w)/g, () => ''],
  // Terms and factors left out.
  [/ [+] (?:[\w.]+(?:\[[^\]]*\])?|\w+\([^()]*\))(?=[ ;),\]])/g, () => ''],
  [/ [*] (?:[\w.]+(?:\[[^\]]*\])?|\w+\([^()]*\))(?=[ ;),\]])/g, () => ''],
  [/(?:[\w.]+(?:\[[^\]]*\])?) [*] (?=\w)/g, () => ''],
  [/(?<=if \().*(?=\) \{$)/g, () => ['true', 'false']],
  // Statements left out.
  [
    /^(?!let |var |const |return|for |if |fn |override |alias |struct )[\w.[\]()+&* ,]+(?: [+*|^]?= .*|\(.*\));$/g,
    () => ';',
  ],
  [/^return;$/g, () => ';'],
];

/** `select(a, b, c)` with a and b exchanged. */
function exchanged(line: string): readonly string[] {
  const start = line.indexOf('select(');
  if (start < 0 || line.startsWith('fn ')) return [];
  let depth = 0;
  const commas: number[] = [];
  for (let at = start + 'select('.length; at < line.length && depth >= 0; at++) {
    if (line[at] === '(') depth++;
    if (line[at] === ')') depth--;
    if (line[at] === ',' && depth === 0) commas.push(at);
  }
  const [first, second] = commas;
  if (first === undefined || second === undefined) return [];
  const begin = start + 'select('.length;
  const [a, b] = [line.slice(begin, first), line.slice(first + 2, second)];
  return [`${line.slice(0, begin)}${b}, ${a}${line.slice(second)}`];
}

/** Every mutant of a line, in the order of the patterns; none twice. */
export function mutateLine(line: string): string[] {
  const found = patterns.flatMap(([pattern, change]) =>
    [...line.matchAll(pattern)].flatMap((match) => {
      const instead = change(match, line) ?? [];
      return [instead]
        .flat()
        .map((text) => line.slice(0, match.index) + text + line.slice(match.index + match[0].length));
    }),
  );
  return [...new Set([...found, ...exchanged(line)])].filter((text) => text !== line);
}

/** Declarations that the host lays out, and lines that say nothing. */
const untouched = /^(@group|enable |\/\/|struct |\}|$)/;

/** Every mutant of a shader file. */
export function mutants(file: string, text: string): Mutant[] {
  const lines = text.split('\n');
  const seen = new Map<string, number>();
  return lines.flatMap((whole, index) => {
    const indent = /^\s*/.exec(whole)![0];
    const code = whole.replace(/\s*\/\/.*$/, '').slice(indent.length);
    // Members of structs, which have a comma at the end and no call.
    if (untouched.test(code) || /^\w+: \w+,$/.test(code)) return [];
    const occurrence = (seen.get(code) ?? 0) + 1;
    seen.set(code, occurrence);
    return mutateLine(code).map((to): Mutant => {
      const changed = lines.with(index, indent + to).join('\n');
      return { file, line: index + 1, from: code, to, occurrence, text: changed };
    });
  });
}
