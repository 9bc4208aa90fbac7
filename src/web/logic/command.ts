/** The line that trains in Node what the page has trained. */
import { parseDataSpec } from '../../data/spec.js';
import { defaultConfig, settingKeys, settings, settingText, type TrainConfig } from '../../train/settings.js';
import type { AskedTrial } from '../protocol.js';

/** What `--exp 0` trains: every setting that differs is on the line. */
export const baseOfCommand: TrainConfig = { ...defaultConfig, epochs: 500, patience: null, validation: 0 };

/**
 * The command that gives the same bits on the same driver; null where Node does not have the data: those that
 * were drawn or opened in the page.
 */
export function commandOf(data: string, { seed, config }: AskedTrial): string | null {
  if (!data.startsWith('synthetic') || parseDataSpec(data).kind !== 'synthetic') return null;
  const given = settingKeys
    .filter((key) => settingText(config, key) !== settingText(baseOfCommand, key))
    .map((key) => `--${settings[key].name} ${settingText(config, key)}`);
  return ['node scripts/train.js --exp 0', `--data ${data}`, `--seed ${seed}`, ...given].join(' ');
}
