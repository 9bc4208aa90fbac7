import { EngineError } from '../../base/errors.js';
import type { Session } from '../engine.js';

/** The open adapter of a training, which can be lost and opened anew. */
export class LiveSession {
  private wasLost = false;

  private constructor(
    private current: Session,
    private readonly reopen: () => Promise<Session>,
  ) {}

  /** @param open asks for an adapter and its device; called again after a loss */
  static async open(open: () => Promise<Session>): Promise<LiveSession> {
    return new LiveSession(await open(), open);
  }

  get session(): Session {
    return this.current;
  }

  /**
   * Runs `work`, and once in the life of a process once more on a fresh adapter if the device was lost: the first loss may be an accident
   * (a driver that was updated, a laptop that slept), the second one is not.
   * @param onLost called before `work` runs again: it has to go on from what is safe
   * @throws EngineError whatever `work` throws otherwise; the loss itself if there is no such adapter any more
   */
  async withRecovery<T>(
    work: (session: Session) => Promise<T>,
    onLost: (error: EngineError) => void,
  ): Promise<T> {
    try {
      return await work(this.current);
    } catch (error) {
      const isLoss = error instanceof EngineError && error.kind === 'device-lost';
      if (!isLoss || this.wasLost) throw error;
      this.wasLost = true;
      await this.replace(error);
      onLost(error);
      return work(this.current);
    }
  }

  private async replace(loss: EngineError): Promise<void> {
    const { description } = this.current.adapter;
    this.current.close();
    let fresh: Session;
    try {
      fresh = await this.reopen();
    } catch {
      // There is none any more: the loss says more than that.
      throw loss;
    }
    this.current = fresh;
    // Another adapter adds in another order.
    if (fresh.adapter.description !== description) throw loss;
  }

  close(): void {
    this.current.close();
  }
}
