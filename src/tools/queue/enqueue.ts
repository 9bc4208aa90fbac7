/** Puts units of a run into its queue. */
import type { Queue } from 'bullmq';
import { jobId, jobName, type UnitsOfRun } from './job.js';
import { mostRetries } from './verdict.js';

/** States of jobs that a worker will take, or has. */
export const openStates = ['wait', 'active', 'delayed', 'prioritized', 'paused'] as const;

/** Redis takes many commands at once, and others wait meanwhile. */
const atOnce = 1000;

/**
 * Adds a job for each unit that has none. A unit that failed before gets a new one.
 * @param units those without results
 * @returns how many were added
 */
export async function enqueueUnits(
  queue: Queue,
  ours: UnitsOfRun,
  units: readonly number[],
): Promise<number> {
  const open = new Set(await queue.getRanges([...openStates], 0, -1));
  const ended = new Set(await queue.getRanges(['failed', 'completed'], 0, -1));
  const missing = units.filter((unit) => !open.has(jobId(unit)));
  for (let start = 0; start < missing.length; start += atOnce) {
    const some = missing.slice(start, start + atOnce);
    // A job that ended keeps its name.
    const taken = some.map(jobId).filter((id) => ended.has(id));
    await Promise.all(taken.map((id) => queue.remove(id)));
    await queue.addBulk(
      some.map((unit) => ({
        name: jobName,
        data: { unit, units: ours.units, configSha256: ours.configSha256 },
        opts: {
          jobId: jobId(unit),
          attempts: 1 + mostRetries,
          // The worker says how long a unit waits until then.
          backoff: { type: 'custom' },
          // Done is what has a result file; the queue need not remember it.
          removeOnComplete: true,
        },
      })),
    );
  }
  return missing.length;
}
