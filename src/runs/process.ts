/** Whether the process that left something behind is still there. */
import { readFileSync } from 'node:fs';
import { uptime } from 'node:os';

/** Linux counts time in these; USER_HZ has been 100 on every architecture for long. */
const ticksPerSecond = 100;

/** What clocks may disagree by, in ms. */
const slack = 5000;

/**
 * Whether the process that began a run is still there. Numbers of processes are given out again, so one that began after
 * the run is another.
 * @param began when the run did, in ms since 1970; null if nobody knows
 */
export function isAlive(pid: number, began: number | null): boolean {
  if (!Number.isSafeInteger(pid) || pid < 1) return false;
  if (began !== null && began < Date.now() - 1000 * uptime() - slack) return false;
  try {
    // Signal 0 only asks; it is not delivered.
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false;
  }
  const born = startOf(pid);
  return born === null || began === null || born <= began + slack;
}

/** When a process began, in ms since 1970, as Linux tells it (proc(5), field 22 of stat); null elsewhere. */
function startOf(pid: number): number | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name in brackets may hold spaces and brackets itself; it is field 2.
    const ticks = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]);
    return Number.isFinite(ticks) ? Date.now() - 1000 * (uptime() - ticks / ticksPerSecond) : null;
  } catch {
    return null;
  }
}
