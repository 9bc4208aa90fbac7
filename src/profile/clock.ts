/** The adapter's clock and the host's. */
import { PassTimer, type Gpu } from '../gpu/index.js';
import { fitClock, type ClockPoint, type ClockSample } from './clock-line.js';

export { fitClock, hostClockOnly, toHostMs, type ClockPoint, type ClockSample } from './clock-line.js';

const comparisons = 8;

/**
 * Compares the clocks of an idle adapter with the host's: an empty pass writes a timestamp somewhere between
 * its submit and the host learning of its end. Spins for less than a millisecond.
 */
export async function compareClocks(
  gpu: Gpu,
  timer: PassTimer,
  origin: bigint | null,
): Promise<{ readonly origin: bigint; readonly point: ClockPoint }> {
  const { queue } = gpu.device;
  await gpu.done();
  const windows: { beforeMs: number; afterMs: number }[] = [];
  for (let i = 0; i < comparisons; i++) {
    const encoder = gpu.device.createCommandEncoder({ label: 'clock' });
    encoder.beginComputePass(timer.next()).end();
    const commands = encoder.finish();
    const beforeMs = performance.now();
    queue.submit([commands]);
    await gpu.done('at-once');
    windows.push({ beforeMs, afterMs: performance.now() });
  }
  const encoder = gpu.device.createCommandEncoder({ label: 'clock' });
  timer.encodeResolve(encoder);
  queue.submit([encoder.finish()]);
  const times = (await timer.read()).slice(-comparisons);
  const from = origin ?? times[0]!.end;
  const samples = times.map(({ end }, i): ClockSample => ({ ...windows[i]!, ns: Number(end - from) }));
  return { origin: from, point: fitClock(samples as [ClockSample, ...ClockSample[]]) };
}

/** The comparisons of the adapter's clock with the host's, made while the adapter is idle. */
export class Clocks {
  private constructor(
    private readonly gpu: Gpu,
    private readonly timer: PassTimer,
    readonly origin: bigint,
    readonly points: [ClockPoint, ...ClockPoint[]],
  ) {}

  static async start(gpu: Gpu): Promise<Clocks> {
    const timer = new PassTimer(gpu, 1);
    try {
      const { origin, point } = await compareClocks(gpu, timer, null);
      return new Clocks(gpu, timer, origin, [point]);
    } catch (error) {
      timer.release();
      throw error;
    }
  }

  async compare(): Promise<void> {
    const { point } = await compareClocks(this.gpu, this.timer, this.origin);
    this.points.push(point);
  }

  release(): void {
    this.timer.release();
  }
}
