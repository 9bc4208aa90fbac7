/** scripts/lib/first-step.js: scripts/train.js up to its first training steps, with the times at which it gets somewhere. */
import type { Command } from './command.js';
import type { Engine } from './engine.js';
import { createOutput } from './output.js';
import { trainCommand } from './commands/train.js';
import { observeDevice, type DeviceLog } from '../tools/bench/observe-device.js';
import type { StartMark, StartTrace } from '../tools/bench/start-phases.js';

/**
 * Runs train.js with the given words, stops it where training begins, and writes `{"trace": StartTrace}` to stdout. The marks
 * `first line` and `command line loaded` are set by the script, as marks of `performance`.
 * @returns 0, or the exit code of train.js if it did not get that far
 */
export const startTraceCommand: Command = async (argv, context) => {
  const stop = new AbortController();
  const tracer = new Tracer(stop);
  const code = await trainCommand(argv, {
    ...context,
    signal: AbortSignal.any([context.signal, stop.signal]),
    loadEngine: () => tracer.loadEngine(),
  });
  if (tracer.trace === null) return code;
  const { stdout, stderr } = context;
  createOutput({ stdout, stderr, json: true, quiet: true }).event({ trace: tracer.trace });
  return 0;
};

class Tracer {
  private readonly marks: Partial<Record<StartMark, number>> = {};
  private adapter: StartTrace['adapter'] = { description: '', software: false };
  private device: DeviceLog | null = null;
  trace: StartTrace | null = null;

  constructor(private readonly stop: AbortController) {}

  private mark(name: StartMark): void {
    this.marks[name] = performance.now();
  }

  /** The engine of train.js, loaded in two parts so that the native module has a time of its own. */
  async loadEngine(): Promise<Engine> {
    this.mark('engine wanted');
    const { openGpu } = await import('../gpu/index.js');
    this.mark('Dawn loaded');
    const { engine, sessionOn } = await import('./engine.js');
    this.mark('engine loaded');
    return {
      open: async (options) => {
        this.mark('adapter wanted');
        const gpu = await openGpu(options);
        this.mark('device opened');
        const session = sessionOn(gpu);
        this.adapter = session.adapter;
        return {
          ...session,
          train: (dataset, trials, hooks) => {
            this.device = observeDevice(gpu.device);
            this.mark('training asked for');
            return session.train(dataset, trials, {
              ...hooks,
              onProgress: () => {
                this.finish();
              },
              // The training is not to go on another time, so it leaves nothing.
              onCheckpoint: () => undefined,
            });
          },
        };
      },
      resolveDataset: async (spec, options) => {
        this.mark('data wanted');
        const dataset = await engine.resolveDataset(spec, options);
        this.mark('data read');
        return dataset;
      },
    };
  }

  /** The first steps of the first epoch were submitted: that is far enough. */
  private finish(): void {
    if (this.trace !== null || this.device === null) return;
    this.mark('training begun');
    for (const name of ['first line', 'command line loaded'] as const) {
      const entry = performance.getEntriesByName(name, 'mark')[0];
      if (entry !== undefined) this.marks[name] = entry.startTime;
    }
    const { adapter, device, marks } = this;
    this.trace = { origin: performance.timeOrigin, marks, device, adapter };
    this.stop.abort();
  }
}
