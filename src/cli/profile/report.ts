import type { ExperimentId } from '../../experiments/index.js';
import { profileRecord, type ProfileRecord } from '../../profile/profile-record.js';
import type { Ceilings } from '../../profile/ceilings.js';
import type { GroupProfile } from '../../profile/group-profile.js';
import type { Output } from '../output.js';
import { profileText } from '../../profile/profile-text.js';

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
