/** How a process is asked to stop, by a person at the terminal or by another program. */
import { EngineError, exitCodes } from '../base/errors.js';
import { notWritten } from '../base/not-written.js';

/** What asks a command to stop, and the kind of its error. SIGHUP comes when the terminal is closed. */
const stopSignals =
  process.platform === 'win32'
    ? ({ SIGINT: 'interrupted' } as const)
    : ({ SIGINT: 'interrupted', SIGTERM: 'terminated', SIGHUP: 'terminated' } as const);

type StopSignal = 'SIGINT' | 'SIGTERM' | 'SIGHUP';
type StopKind = 'interrupted' | 'terminated';

/**
 * One wish can come as several signals: `timeout` sends SIGTERM to its child and then to the group that the
 * child is in, npm passes on the Ctrl-C that the terminal has sent to everybody. Within so many milliseconds
 * they count as one.
 */
const sameWish = 100;

/**
 * Listens for signals: the first, which `tell` tells of, aborts with EngineError `interrupted` (Ctrl-C) or
 * `terminated` (others); the second ends the process. A process that was started with an IPC channel stops as
 * by SIGTERM when that is closed: nobody waits for it any more.
 */
export function listenForStop(tell: (text: string) => void): {
  readonly signal: AbortSignal;
  readonly close: () => void;
} {
  const controller = new AbortController();
  let first = 0;
  const onSignal = (name: StopSignal, kind: StopKind): void => {
    if (!controller.signal.aborted) {
      first = performance.now();
      tell(
        kind === 'interrupted'
          ? '\nstopping; Ctrl-C again stops at once\n'
          : `\n${name}: stopping; a second one stops at once\n`,
      );
      controller.abort(new EngineError(kind, `stopped by ${kind === 'interrupted' ? 'Ctrl-C' : name}`));
    } else if (performance.now() - first > sameWish) {
      tell('\nstopped at once\n');
      process.exit(exitCodes[kind]);
    }
  };
  const listeners = Object.entries(stopSignals).map(([name, kind]) => {
    const listener = (): void => {
      onSignal(name as StopSignal, kind);
    };
    process.on(name, listener);
    return [name, listener] as const;
  });
  const onDisconnect = (): void => {
    if (controller.signal.aborted) return;
    tell('\nthe process that started this one is gone: stopping\n');
    controller.abort(new EngineError('terminated', 'stopped: the process that started this one is gone'));
  };
  process.on('disconnect', onDisconnect);
  // A listener alone would keep the process alive.
  process.channel?.unref();
  return {
    signal: controller.signal,
    close: () => {
      process.off('disconnect', onDisconnect);
      for (const [name, listener] of listeners) process.off(name, listener);
    },
  };
}

/** What kind of end an aborted signal asks for: Ctrl-C, unless it says otherwise. */
export function stopKindOf({ reason }: AbortSignal): StopKind {
  return reason instanceof EngineError && reason.kind === 'terminated' ? 'terminated' : 'interrupted';
}

/** Waits until someone asks for an end. */
export function whenAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => {
      resolve();
    });
  });
}

/**
 * Keeps failing streams from ending the work, whose result is a file: they fall silent.
 * @returns why stdout did not take everything, asked for at the end; null if it did, or nobody reads it any
 *   more (`| head`, a terminal that was closed)
 */
export function guardStreams(): () => EngineError | null {
  let failure: EngineError | null = null;
  let hasFailed = false;
  process.stderr.on('error', () => {
    // There is nowhere left to say so.
  });
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    // What a stream says after its first error follows from that.
    if (hasFailed) return;
    hasFailed = true;
    const isUnread = error.code === 'EPIPE' || (error.code === 'EIO' && process.stdout.isTTY);
    if (!isUnread) failure = notWritten('standard output', error) as EngineError;
  });
  return () => failure;
}
