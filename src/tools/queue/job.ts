/** What travels through the queue: the number of a unit, and what it is a unit of. Nothing else is taken. */
import * as v from 'valibot';
import { exactRecord, requireJson, whole } from '../../base/schema.js';

/** The units of a run, which all its machines agree on. */
export interface UnitsOfRun {
  /** How many there are; they are numbered from 0. */
  readonly units: number;
  /** Of the run's config.json. */
  readonly configSha256: string;
}

export interface UnitJob extends UnitsOfRun {
  readonly unit: number;
}

export const jobName = 'unit';

/** One queue for each configuration; FANOUT's rights for a user go by its start. */
export function queueName({ configSha256 }: UnitsOfRun): string {
  return `wgsl-train-${configSha256.slice(0, 16)}`;
}

/** The same for a unit each time: it is in its queue at most once. BullMQ takes no bare number. */
export function jobId(unit: number): string {
  return `unit-${unit}`;
}

/** A job as it came out of the queue: anybody who may write there can have made it. */
export interface ForeignJob {
  readonly id?: string | undefined;
  readonly name: string;
  readonly data: unknown;
}

/**
 * The unit that a job asks for.
 * @throws EngineError `bad-file` for everything but exactly a job of these units
 */
export function requireUnit(job: ForeignJob, ours: UnitsOfRun): number {
  const file = `job ${JSON.stringify(job.id)} of ${queueName(ours)}`;
  const remedy = 'find out who else can write to this queue';
  const schema = exactRecord({
    unit: whole(0, ours.units - 1),
    units: v.literal(ours.units, `${ours.units}`),
    configSha256: v.literal(ours.configSha256, `${ours.configSha256}, that of this run's config.json`),
  });
  const { unit } = requireJson(schema, job.data, { file, remedy });
  const named = exactRecord({
    id: v.literal(jobId(unit), jobId(unit)),
    name: v.literal(jobName, jobName),
  });
  requireJson(named, { id: job.id, name: job.name }, { file, remedy });
  return unit;
}
