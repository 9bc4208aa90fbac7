/**
 * Derives an apt source for Debian backports from the Debian source that this system already uses, so that
 * the same mirror, keyring and options are used: `node backports-source.js /etc/apt bookworm`.
 *
 * Prints the name of the file to add to sources.list.d, then its text; nothing where backports are configured
 * already. Exit status 1, with the reason on stderr, where no Debian source is found to derive it from.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { argv } from 'node:process';

/**
 * One enabled binary source. `derive` writes the same source for another suite, in its format.
 * @typedef {{ file: string, extension: string, uris: string[], suites: string[], components: string[],
 *   derive: (suite: string) => string }} Source
 */

/** @returns {Source[]} of sources.list and every file of sources.list.d that apt itself reads */
function readSources(folder) {
  const parts = join(folder, 'sources.list.d');
  const files = [join(folder, 'sources.list')];
  if (existsSync(parts))
    files.push(
      ...readdirSync(parts, 'utf8')
        .sort()
        .map((name) => join(parts, name)),
    );
  return files.filter(existsSync).flatMap((file) => {
    const text = /\.(list|sources)$/.test(file) ? readFileSync(file, 'utf8') : '';
    const parsed = file.endsWith('.sources') ? stanzas(text) : oneLineEntries(text);
    return parsed.map((source) => ({ file: basename(file), ...source }));
  });
}

/** The one-line format of sources.list(5): `deb [options] URI SUITE COMPONENT...`. */
function oneLineEntries(text) {
  return [...text.matchAll(/^deb[ \t]+(\[[^\]\n]*\][ \t]+)?(\S+)[ \t]+(\S+)[ \t]+([^#\n]+)/gm)].map(
    ([, options = '', uri, suite, components]) => ({
      extension: 'list',
      uris: [uri],
      suites: [suite],
      components: components.trim().split(/\s+/),
      derive: (other) => `deb ${options}${uri} ${other} main`,
    }),
  );
}

/**
 * The deb822 format of sources.list(5): fields with continuation lines, in stanzas separated by empty lines.
 */
function stanzas(text) {
  const withoutComments = text.replace(/^#.*\n?/gm, '');
  return withoutComments.split(/\n\s*\n/).flatMap((stanza) => {
    const fields = [...stanza.matchAll(/^([\w-]+):((?:.*)(?:\n[ \t].*)*)/gm)].map(([, name, value]) => [
      name,
      value,
    ]);
    const words = (wanted) =>
      fields
        .find(([name]) => name.toLowerCase() === wanted)?.[1]
        .trim()
        .split(/\s+/) ?? [];
    if (
      !words('types').includes('deb') ||
      /^(no|false|0|off|without|disable)$/.test(words('enabled')[0] ?? '')
    )
      return [];
    const replaced = (suite) => ({ types: ' deb', suites: ` ${suite}`, components: ' main' });
    return [
      {
        extension: 'sources',
        uris: words('uris'),
        suites: words('suites'),
        components: words('components'),
        derive: (suite) =>
          fields.map(([name, value]) => `${name}:${replaced(suite)[name.toLowerCase()] ?? value}`).join('\n'),
      },
    ];
  });
}

/** The source of the Debian archive itself: other vendors also call their suites by Debian's code names. */
function findArchive(sources, codename) {
  const candidates = sources.filter(
    ({ uris, suites, components }) =>
      suites.includes(codename) &&
      components.includes('main') &&
      !uris.some((uri) => uri.startsWith('cdrom:')),
  );
  const servesUpdates = ({ uris }) =>
    sources.some((other) => other.suites.includes(`${codename}-updates`) && other.uris[0] === uris[0]);
  const isOfficial = ({ uris }) => uris.some((uri) => /^[\w+]+:\/\/([\w-]+\.)*debian\.org\//.test(uri));
  const isInstallersFile = ({ file }) => file === 'sources.list' || file === 'debian.sources';
  return candidates.find(servesUpdates) ?? candidates.find(isOfficial) ?? candidates.find(isInstallersFile);
}

const [, , folder, codename] = argv;
const suite = `${codename}-backports`;
const sources = readSources(folder);
if (!sources.some((source) => source.suites.includes(suite))) {
  const archive = findArchive(sources, codename);
  if (archive === undefined) {
    console.error(`no source of Debian's archive (suite ${codename}, component main) in ${folder}`);
    process.exitCode = 1;
  } else {
    const why =
      '# Added by scripts/setup.sh of wgsl-train: a Mesa that is new enough for WebGPU. apt takes nothing else from it unasked.';
    console.log(`wgsl-train-backports.${archive.extension}\n${why}\n${archive.derive(suite)}`);
  }
}
