/** The line that trains in Node what the page has trained. */
import { parseDataSpec } from '../../data/spec.js';
import { defaultConfig, settingKeys, settings, settingText, type TrainConfig } from '../../train/settings.js';
import { ownDrawings, type AskedTrial } from '../protocol.js';

/** What `--exp 0` trains: every setting that differs is on the line. */
export const baseOfCommand: TrainConfig = { ...defaultConfig, epochs: 500, patience: null, validation: 0 };

/** Data that were opened have the name of their folder here. */
export const openedFolder = 'FOLDER';

/**
 * The command that gives the same bits on the same driver. Of files that were opened, a person knows the
 * folder; null for drawings, which Node does not have.
 */
export function commandOf(data: string, { seed, config }: AskedTrial): string | null {
  if (data === ownDrawings) return null;
  const isSynthetic = data.startsWith('synthetic') && parseDataSpec(data).kind === 'synthetic';
  const named = isSynthetic ? data : openedFolder;
  const given = settingKeys
    .filter((key) => settingText(config, key) !== settingText(baseOfCommand, key))
    .map((key) => `--${settings[key].name} ${settingText(config, key)}`);
  return ['node scripts/train.js --exp 0', `--data ${named}`, `--seed ${seed}`, ...given].join(' ');
}
