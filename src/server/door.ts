import { performance } from 'node:perf_hooks';

/** What takes connections. */
export interface Listener {
  /** Takes those that wait, then no more: the system refuses them, at no cost to this process. */
  shut(): Promise<void>;
  /** Takes connections again. Rejects where the address can't be had. */
  open(): Promise<void>;
}

/** What a {@link Door} needs of the world. */
export interface DoorClock {
  now(): number;
  /** The share of the time since it was last asked that the event loop had something to do. */
  busyShare(): number;
  /** Calls back over and over, until what it gives is called. */
  every(ms: number, callback: () => void): () => void;
}

/** When a {@link Door} opens, and whom it sends away. */
export interface DoorLimits {
  /** A door that is shut opens once the event loop had nothing to do for so large a share of each of the last three tenths of a second. @default 0.1 */
  readonly idleShare: number;
  /** It stays shut for so long; twice as long each time that it had to be shut within a second of being opened. @default 250 */
  readonly shutMs: number;
  /** That time at most. @default 2000 */
  readonly mostShutMs: number;
  /** A connection that is refused twice within this time asks for more than its share. @default 1000 */
  readonly againMs: number;
}

const defaults: DoorLimits = { idleShare: 0.1, shutMs: 250, mostShutMs: 2000, againMs: 1000 };
const lookMs = 100;
/** Looks in a row that must find time to spare: one may be chance. */
const idleLooks = 3;
/** A door that is opened and must be shut again so soon was opened too early. */
const earlyMs = 1000;

const realClock = (): DoorClock => {
  let last = performance.eventLoopUtilization();
  return {
    now: () => performance.now(),
    busyShare: () => {
      const before = last;
      last = performance.eventLoopUtilization();
      return performance.eventLoopUtilization(last, before).utilization;
    },
    every: (ms, callback) => {
      // Keeps the process: without a listener there may be nothing else that does.
      const timer = setInterval(callback, ms);
      return () => clearInterval(timer);
    },
  };
};

/**
 * Refuses connections while more is asked than can even be refused by an answer.
 *
 * To read a request and say no costs a third of a prediction, so a service that is asked for several times what it can do would do nothing
 * else. With an overload the listener is closed, and connections that go on asking end with their next 429, until turns of the event loop
 * are short: who is left is answered quickly, and everybody else is refused by the system before anything is sent. It listens
 * again when the event loop has time to spare.
 */
export class Door {
  readonly #listener: Listener;
  readonly #limits: DoorLimits;
  readonly #clock: DoorClock;
  readonly #onChange: (isOpen: boolean) => void;
  readonly #refusedAt = new WeakMap<object, number>();
  #state: 'open' | 'shutting' | 'shut' | 'opening' | 'ended' = 'open';
  #openedAt = Number.NEGATIVE_INFINITY;
  #shutAt = 0;
  #shutMs = 0;
  #idle = 0;
  #stopLooking: () => void = () => undefined;

  constructor(
    listener: Listener,
    onChange: (isOpen: boolean) => void,
    limits: Partial<DoorLimits> = {},
    clock: DoorClock = realClock(),
  ) {
    this.#listener = listener;
    this.#onChange = onChange;
    this.#limits = { ...defaults, ...limits };
    this.#clock = clock;
  }

  /**
   * Notes that a request is refused in an overload, which shuts the door, and tells whether its connection is to end with the answer: not
   * before nobody can come back by a new one, and not that of a client which asks now and then.
   */
  refuse(connection: object): boolean {
    const now = this.#clock.now();
    const before = this.#refusedAt.get(connection);
    this.#refusedAt.set(connection, now);
    if (this.#state === 'open') void this.#shut(now);
    return this.#state === 'shut' && before !== undefined && now - before < this.#limits.againMs;
  }

  /** Leaves the listener as it is from here on. */
  end(): void {
    this.#state = 'ended';
    this.#stopLooking();
  }

  async #shut(now: number): Promise<void> {
    const { shutMs, mostShutMs } = this.#limits;
    this.#state = 'shutting';
    this.#shutMs = now - this.#openedAt < earlyMs ? Math.min(mostShutMs, 2 * this.#shutMs) : shutMs;
    await this.#listener.shut();
    if (this.#isEnded) return;
    this.#state = 'shut';
    this.#shutAt = this.#clock.now();
    this.#onChange(false);
    this.#clock.busyShare();
    this.#idle = 0;
    this.#stopLooking = this.#clock.every(lookMs, () => void this.#look());
  }

  async #look(): Promise<void> {
    const isIdle = 1 - this.#clock.busyShare() >= this.#limits.idleShare;
    this.#idle = isIdle ? this.#idle + 1 : 0;
    if (this.#state !== 'shut' || this.#idle < idleLooks || this.#clock.now() - this.#shutAt < this.#shutMs) return;
    this.#state = 'opening';
    try {
      await this.#listener.open();
    } catch {
      // Somebody else has the address for the moment; it is tried again.
      if (!this.#isEnded) this.#state = 'shut';
      return;
    }
    if (this.#isEnded) return;
    this.#stopLooking();
    this.#state = 'open';
    this.#openedAt = this.#clock.now();
    this.#onChange(true);
  }

  /** Told anew after each wait. */
  get #isEnded(): boolean {
    return this.#state === 'ended';
  }
}
