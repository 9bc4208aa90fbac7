import { lasting, validPass, type RecordedPass } from './passes.js';
import type { HostSlice, Phase, TimedPass, Timeline } from './group-profile.js';

/** Some hours of submits, in tens of megabytes. */
const mostEntries = 250_000;

/** Keeps what a training did, in order of time, up to a bound, after which it is marked as incomplete. */
export class TimelineKeeper {
  private readonly phases: Phase[] = [];
  private readonly passes: TimedPass[] = [];
  private readonly host: HostSlice[] = [];
  private complete = true;

  constructor(private readonly most = mostEntries) {}

  addPhase(phase: Phase): void {
    if (this.hasRoom()) this.phases.push(phase);
  }

  addPasses(passes: readonly RecordedPass[]): void {
    for (const pass of passes.flatMap(validPass)) if (this.hasRoom()) this.passes.push(pass);
  }

  addHost(slice: HostSlice): void {
    if (lasting(slice) && this.hasRoom()) this.host.push(slice);
  }

  get timeline(): Timeline {
    const { phases, passes, host, complete } = this;
    return { phases, passes, host, complete };
  }

  private hasRoom(): boolean {
    this.complete &&= this.phases.length + this.passes.length + this.host.length < this.most;
    return this.complete;
  }
}
