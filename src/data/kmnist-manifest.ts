/** What the official files of KMNIST are. */
import type * as v from 'valibot';
import { line, list, matching, parseJson, record, sha256Text, text, whole } from '../base/schema.js';
import { platform } from '../platform/index.js';

const manifest = 'data/kmnist.json';
const shipped = record({
  licence: text(),
  attribution: text(),
  mirrors: list(matching(/^https?:\/\/.*\/$/, 'an http or https URL that ends with a slash')),
  files: list(record({ name: line(), bytes: whole(1), sha256: sha256Text })),
});

/** `data/kmnist.json`; `attribution`: whom the licence wants named wherever the images are shown. */
export type ShippedManifest = v.InferOutput<typeof shipped>;

/** The official files by content, and where to download them. */
export type KmnistManifest = Pick<ShippedManifest, 'mirrors' | 'files'>;

/**
 * Reads the manifest that the project ships. @throws EngineError `bad-file`, or `bug` if the package lacks it
 */
export function readManifest(): ShippedManifest {
  const remedy = 'the installation is damaged: run ./scripts/setup.sh again';
  return parseJson(shipped, platform.packageText(manifest), { file: manifest, remedy, largest: 2 ** 16 });
}
