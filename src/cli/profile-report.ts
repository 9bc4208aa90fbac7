/** What was measured of a training, told and written. */
import type { Output } from '../base/output.js';
import type { ExperimentId } from '../experiments/index.js';
import { platform } from '../platform/index.js';
import type { Ceilings } from '../profile/ceilings.js';
import type { GroupProfile, Recording } from '../profile/measurement.js';
import { profileRecord, type ProfileRecord } from '../profile/profile-record.js';
import { profileText } from '../profile/profile-text.js';
import { traceOf } from '../profile/trace.js';
import { replaceFile } from './save.js';

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

/** Writes the trace of a run, and says how to look at it. @param facts for the trace's metadata */
export function saveTrace(
  path: string,
  recordings: readonly Recording[],
  ceilings: Ceilings,
  facts: { readonly adapter: string } & Readonly<Record<string, unknown>>,
  output: Output,
): void {
  const { otherData, traceEvents } = traceOf(recordings, ceilings, facts.adapter, {
    ...facts,
    ...platform.versions(),
  });
  // An event per line: such files are searched, too. Perfetto reads in order, and stops at what it does not
  // expect.
  const events = traceEvents.map((event) => JSON.stringify(event)).join(',\n');
  replaceFile(path, `{"otherData":${JSON.stringify(otherData)},\n"traceEvents":[\n${events}\n]}\n`);
  const { complete } = otherData;
  const early = complete ? '' : ', of the first part of the run only';
  output.result(
    `\ntrace: ${path}, ${traceEvents.length} events${early} (open it in https://ui.perfetto.dev)`,
  );
  output.event({ event: 'trace', path, events: traceEvents.length, complete });
}
