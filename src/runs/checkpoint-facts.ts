/** What the metadata of a checkpoint says, checked. */
import * as v from 'valibot';
import { badFile, excerpt } from '../base/bad-file.js';
import type { EngineError } from '../base/errors.js';
import {
  byName,
  finite,
  list,
  matching,
  oneOf,
  openRecord,
  record,
  requireJson,
  text,
  whole,
  type JsonPlace,
  type Schema,
} from '../base/schema.js';
import type { SafetensorsFile } from '../formats/safetensors.js';
import { platform } from '../platform/index.js';
import { checkTrial, earlierSettings } from '../train/settings.js';
import type { Trial } from '../train/types.js';

/** Whose state a checkpoint holds, where it stands, and what it was trained with. */
export type TrialFacts = Readonly<ReturnType<typeof parseTrialFacts>>;

const remedy = 'bring it back from a copy, or train again';

const digits = 'a whole number from 0';
const wholeText = v.pipe(matching(/^\d+$/, digits), v.transform(Number), whole(0, undefined, digits));

function jsonText<T>(schema: Schema<T>) {
  return v.pipe(text('JSON'), v.parseJson({}, 'JSON'), schema);
}

const schema = record({
  variant: text(),
  seed: wholeText,
  epoch: wholeText,
  step: wholeText,
  steps_per_epoch: wholeText,
  seconds: v.pipe(
    text(),
    v.transform(Number),
    finite('a number from 0', (value) => value >= 0),
  ),
  stopped: v.pipe(
    oneOf(['no', 'early', 'completed']),
    v.transform((why) => (why === 'no' ? null : why)),
  ),
  experiment: text(),
  config: text(),
  config_sha256: text(),
  dataset: jsonText(record({ name: text(), sha256: text() })),
  adapter: text(),
  'wgsl-train': text(),
  fingerprint: v.optional(jsonText(byName(text(), 'texts by name'))),
  mixed: v.optional(jsonText(list(text())), '[]'),
  kernels: jsonText(v.nullable(record({ training: list(text()), evaluation: list(text()) }))),
});

/** @throws EngineError `bad-file` naming the entry */
export function parseTrialFacts(metadata: SafetensorsFile['metadata'], path: string) {
  const about = { file: `${path}, metadata`, remedy };
  const { variant, seed, config, ...facts } = requireJson(schema, Object.fromEntries(metadata), about);
  const { config_sha256: found, steps_per_epoch: stepsPerEpoch, 'wgsl-train': version, ...others } = facts;
  const expected = platform.sha256(config);
  if (found !== expected)
    throw badFile(about.file, 'config_sha256 is wrong', {
      found: excerpt(found),
      expected: `${expected}, of its config`,
      remedy,
    });
  return { ...others, trial: trialOf(variant, seed, config, about), stepsPerEpoch, version };
}

/** The trial with its settings, those that came after the file filled in. */
function trialOf(variant: string, seed: number, config: string, about: JsonPlace): Trial {
  const settings = requireJson(record({ config: jsonText(openRecord({})) }), { config }, about).config;
  const trial = { variant, seed, config: { ...earlierSettings, ...settings } as Trial['config'] };
  try {
    checkTrial(trial);
  } catch (cause) {
    const { message, expected } = cause as EngineError;
    throw badFile(about.file, 'config is wrong', { found: message, expected: expected ?? '', remedy, cause });
  }
  return trial;
}
