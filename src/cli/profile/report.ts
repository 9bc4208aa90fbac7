import type { ExperimentId } from '../../experiments/index.js';
import { profileRecord, type ProfileRecord } from '../../report/profile/record.js';
import type { Ceilings } from '../../train/profile/ceilings.js';
import type { GroupProfile } from '../../train/profile/types.js';
import type { Output } from '../output.js';
import { profileText } from './text.js';

/** Tells people and programs what was measured of an experiment. @returns the records, for its summary */
export function reportProfiles(
  output: Output,
  experiment: ExperimentId,
  groups: readonly GroupProfile[],
  ceilings: Ceilings,
): ProfileRecord[] {
  return groups.map((group) => {
    const record = profileRecord(group, ceilings);
    output.result(`\n${profileText(record)}`);
    output.event({ event: 'profile', experiment, ...record });
    return record;
  });
}
