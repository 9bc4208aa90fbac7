/**
 * Mutations of JSON texts that stay JSON, mostly: values swapped, replaced, wrapped; keys lost, doubled,
 * renamed.
 */
import { mutateBytes } from './bytes.js';
import type { Chance } from './chance.js';

/**
 * JSON with what `JSON.parse` would not keep: keys that occur twice, numbers out of range, texts that are no
 * JSON.
 */
type Node = Raw | Leaf | { readonly items: Node[] } | { readonly members: [key: string, value: Node][] };
type Leaf = string | number | boolean | null;
interface Raw {
  readonly raw: string;
}

/** Where a node stands, so that another can take its place. */
interface Place {
  readonly get: () => Node;
  readonly set: (node: Node) => void;
  /** The list or object that holds it; null for the root. */
  readonly holder: Node | null;
  readonly index: number;
}

const numbers: readonly Raw[] = [
  '0',
  '-0',
  '1',
  '-1',
  '2',
  '0.5',
  '1e-7',
  '-1e-400',
  '255',
  '256',
  '65536',
  '2147483647',
  '2147483648',
  '4294967295',
  '4294967296',
  '9007199254740991',
  '9007199254740992',
  '-9007199254740993',
  '1e15',
  '1e21',
  '1e308',
  '1e309',
  '-1e999',
  '0.1e1',
  '123456789012345678901234567890',
  'NaN',
  '-Infinity',
  '0x10',
  '01',
].map((raw) => ({ raw }));

const texts = [
  '',
  ' ',
  '0',
  'null',
  '__proto__',
  'constructor',
  'toString',
  'latest',
  '../../../../etc/passwd',
  '/etc/passwd',
  '..\\..\\x',
  'a\u0000b',
  '\u001b[2J\u001b]0;x\u0007',
  '\u009b2J',
  '\u202eabc',
  '\ud800',
  '<script>alert(1)</script>',
  '"><img src=x onerror=alert(1)>',
  "' OR 1=1 --",
  '$(reboot)',
  '--json',
  '-1',
  '1e999',
  'お',
] as const;

const keys = [
  '__proto__',
  'constructor',
  'hasOwnProperty',
  'length',
  'toString',
  '',
  ' ',
  '0',
  '\u0000',
  'a"b',
];

/** Text -> nodes, mutated, -> text; every sixth time the bytes of the text instead, and sometimes both. */
export function mutateJson(text: string, chance: Chance, others: readonly string[]): string {
  if (chance.oneIn(6)) return damage(text, chance, others);
  const root: Place & { node: Node } = {
    node: fromText(text),
    get: () => root.node,
    set: (node) => {
      root.node = node;
    },
    holder: null,
    index: 0,
  };
  for (let count = chance.few(5); count > 0; count--) mutateOnce(root, chance, others);
  const mutated = write(root.node);
  return chance.oneIn(12) ? damage(mutated, chance, others) : mutated;
}

function damage(text: string, chance: Chance, others: readonly string[]): string {
  const bytes = mutateBytes(
    Buffer.from(text),
    chance,
    others.map((other) => Buffer.from(other)),
  );
  return Buffer.from(bytes).toString('utf8');
}

function mutateOnce(root: Place, chance: Chance, others: readonly string[]): void {
  const all = placesIn(root);
  const place = chance.one(all);
  const { holder, index } = place;
  switch (chance.below(10)) {
    case 0:
    case 1:
      place.set(chance.one(numbers));
      return;
    case 2:
      place.set(chance.one(texts));
      return;
    case 3:
      place.set(chance.one<Node>([null, true, false, { items: [] }, { members: [] }, ...bulky(chance)]));
      return;
    case 4: {
      const other = chance.one(all);
      const [a, b] = [place.get(), other.get()];
      // One inside the other would make a circle.
      if (isLeaf(a) && isLeaf(b)) {
        place.set(b);
        other.set(a);
      }
      return;
    }
    case 5:
      place.set(chance.one<Node>([{ items: [place.get()] }, { members: [['a', place.get()]] }]));
      return;
    case 6:
      if (holder !== null && isObject(holder)) holder.members.splice(index, 1);
      else if (holder !== null && isList(holder)) holder.items.splice(index, 1);
      return;
    case 7:
      if (holder !== null && isObject(holder)) holder.members.push([...holder.members[index]!]);
      else if (holder !== null && isList(holder)) holder.items.push(place.get());
      return;
    case 8:
      if (holder !== null && isObject(holder)) holder.members[index]![0] = chance.one(keys);
      return;
    default: {
      const donor = { get: () => fromText(chance.one(others)) };
      const grafts = placesIn({ ...root, get: donor.get });
      place.set(chance.one(grafts).get());
    }
  }
}

/** Seldom, because they cost time: what is deep, wide or long. */
function bulky(chance: Chance): readonly Node[] {
  if (!chance.oneIn(40)) return [];
  const count = chance.one([100, 5000, 50_000]);
  return [
    { raw: '['.repeat(count) + ']'.repeat(count) },
    { raw: '{"a":'.repeat(count) + '1' + '}'.repeat(count) },
    { raw: `[${'0,'.repeat(count)}0]` },
    'x'.repeat(count),
  ];
}

function placesIn(root: Place): readonly Place[] {
  const found: Place[] = [root];
  // Grows while it is walked.
  for (const { get } of found) {
    const node = get();
    if (isLeaf(node)) continue;
    if (isList(node))
      node.items.forEach((_, index) =>
        found.push({
          get: () => node.items[index]!,
          set: (value) => {
            node.items[index] = value;
          },
          holder: node,
          index,
        }),
      );
    else if (isObject(node))
      node.members.forEach((_, index) =>
        found.push({
          get: () => node.members[index]![1],
          set: (value) => {
            node.members[index]![1] = value;
          },
          holder: node,
          index,
        }),
      );
  }
  return found;
}

function fromText(text: string): Node {
  return fromValue(JSON.parse(text));
}

function fromValue(value: unknown): Node {
  if (Array.isArray(value)) return { items: value.map(fromValue) };
  if (typeof value === 'object' && value !== null)
    return { members: Object.entries(value).map(([key, each]) => [key, fromValue(each)]) };
  return value as Leaf;
}

function write(node: Node): string {
  if (isLeaf(node)) return JSON.stringify(node);
  if ('raw' in node) return node.raw;
  if (isList(node)) return `[${node.items.map(write).join(',')}]`;
  return `{${node.members.map(([key, value]) => `${JSON.stringify(key)}:${write(value)}`).join(',')}}`;
}

function isLeaf(node: Node): node is Leaf {
  return typeof node !== 'object' || node === null;
}

function isList(node: Node): node is { readonly items: Node[] } {
  return !isLeaf(node) && 'items' in node;
}

function isObject(node: Node): node is { readonly members: [string, Node][] } {
  return !isLeaf(node) && 'members' in node;
}
