/** What the bits of a training depend on beside its settings, its data and the version of this package. */
import { platform } from '../platform/index.js';
import type { Gpu } from './gpu.js';

/** Texts by name, so that what differs can be told. Which kernels ran stands with each trial. */
export type Fingerprint = Readonly<Record<string, string>>;

export function fingerprintOf({
  adapter,
  traits,
  software,
}: Pick<Gpu, 'adapter' | 'traits' | 'software'>): Fingerprint {
  const { vendor, architecture, device, description } = adapter.info;
  const { tuning = [], subgroupSize } = traits;
  return {
    device: [vendor, architecture, device].filter((part) => part !== '').join(' '),
    driver: description,
    'subgroup size': subgroupSize === null ? 'not fixed' : String(subgroupSize),
    tuning: tuning.length === 0 ? 'none' : `sha256 ${platform.sha256(JSON.stringify(tuning))}`,
    ...platform.fingerprint(adapter, software),
  };
}

/** What differs, as two texts: `NAME VALUE, ...`; null if nothing does. */
export function fingerprintDifference(
  found: Fingerprint,
  now: Fingerprint,
): [before: string, after: string] | null {
  const names = [...new Set([...Object.keys(found), ...Object.keys(now)])];
  const differing = names.filter((name) => found[name] !== now[name]);
  const textOf = (each: Fingerprint, other: Fingerprint): string =>
    differing.map((name) => `${name}: ${shortened(each[name], other[name])}`).join('; ');
  return differing.length === 0 ? null : [textOf(found, now), textOf(now, found)];
}

/** Of a list of many words those that it alone has, and those that it lacks. */
function shortened(value = 'unknown', other = ''): string {
  const [words, others] = [value.split(' '), other.split(' ')];
  if (Math.max(words.length, others.length) < 8) return value;
  const more = words.filter((word) => !others.includes(word));
  const fewer = others.filter((word) => !words.includes(word));
  return [
    ...(more.length > 0 ? [`with ${more.join(' ')}`] : []),
    ...(fewer.length > 0 ? [`without ${fewer.join(' ')}`] : []),
  ].join(', ');
}
