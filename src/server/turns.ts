import { Lasting } from './lasting.ts';

/** When the turns of the event loop mean that too much is asked. */
export interface TurnLimits {
  /** A turn that takes more of the processor's time than this is long. @default 15 */
  readonly longMs: number;
  /** Long turns for so long, without a short one, are overload and no burst; as long without a refusal is its end. @default 100 */
  readonly holdMs: number;
  /** The processor's time that a turn should take in an overload; each takes as many requests as that allows. @default 3 */
  readonly targetMs: number;
  /** Requests that a turn takes at first; and always, outside an overload. @default 32 */
  readonly requests: number;
  /** Requests that each turn takes, whatever comes. @default 8 */
  readonly least: number;
  /** Connections that may end in a turn: more at once would leave fewer than can be answered. @default 8 */
  readonly ends: number;
}

/** What {@link Turns} need of the world. */
export interface TurnClock {
  now(): number;
  /** The processor's time that this process has had. */
  usedMs(): number;
  /** Calls back once all that came with the current turn was looked at. */
  afterTurn(callback: () => void): void;
}

const defaults: TurnLimits = { longMs: 15, holdMs: 100, targetMs: 3, requests: 32, least: 8, ends: 8 };
/** A turn may be long for what the one before left, or for a collection of garbage: no single one takes more than this from the next. */
const mostDecrease = 0.8;
const realClock: TurnClock = {
  now: () => performance.now(),
  usedMs: () => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1000;
  },
  afterTurn: (callback) => {
    setImmediate(callback);
  },
};

/**
 * Tells overload from a burst by the turns of the event loop, and how many requests a turn may then take.
 *
 * Where one thread answers, what waits is in the sockets, out of sight; the length of a turn is what all of it costs. As in CoDel
 * (Nichols and Jacobson 2012), a queue that goes away by itself is left alone, and one that stands is cut: in an overload each turn
 * takes some requests and refuses the rest. How many follows its length, by small increases and decreases. Lengths are the processor's time: a process that others kept from its core for a while has not more to do for that.
 */
export class Turns {
  readonly #limits: TurnLimits;
  readonly #clock: TurnClock;
  readonly #onEnd = (): void => this.#end();
  #isOpen = false;
  /** What the processor had spent at the end of the turn before, or at this one's second request where that had one alone. */
  #start: number | undefined;
  #taken = 0;
  #allowed = 0;
  #hasRefused = false;
  /** How long the last turns were, about four, and how many connections may end in this one. */
  #usualMs = 0;
  #ends = 0;
  readonly #overload: Lasting;

  constructor(limits: Partial<TurnLimits> = {}, clock: TurnClock = realClock) {
    this.#limits = { ...defaults, ...limits };
    this.#clock = clock;
    this.#overload = new Lasting(this.#limits.holdMs);
  }

  /** Whether turns have been long for some time. */
  get isOverload(): boolean {
    return this.#overload.isSo;
  }

  /** Counts a request that this turn takes. */
  take(): void {
    if (!this.#isOpen) {
      this.#isOpen = true;
      this.#taken = 0;
      this.#hasRefused = false;
      this.#ends = this.#usualMs > this.#limits.targetMs ? this.#limits.ends : 0;
      this.#clock.afterTurn(this.#onEnd);
    }
    // Where each turn brings one request, none is long, and asking for the time would be a tenth of its cost.
    if (++this.#taken === 2) this.#start ??= this.#clock.usedMs();
  }

  /** Whether this turn should refuse what comes now. */
  isFull(): boolean {
    if (!this.isOverload || !this.#isOpen || this.#taken < this.#allowed) return false;
    this.#hasRefused = true;
    return true;
  }

  /** Counts a connection that ends with a refusal, where so many ask that turns stay too long. */
  mayEnd(): boolean {
    return this.#ends-- > 0;
  }

  #end(): void {
    this.#isOpen = false;
    const now = this.#clock.now();
    const { longMs, targetMs, requests, least } = this.#limits;
    // Answers are written after the end of the turn that took their requests, and belong to the next one's length.
    const used = this.#taken > 1 ? this.#clock.usedMs() : undefined;
    const ms = used === undefined ? 0 : used - (this.#start ?? used);
    this.#start = used;
    this.#usualMs += (ms - this.#usualMs) / 4;
    if (!this.isOverload) this.#allowed = requests;
    else if (ms > targetMs) this.#allowed = Math.max(least, this.#allowed * Math.max(mostDecrease, targetMs / ms));
    else if (this.#hasRefused) this.#allowed += Math.max(1, this.#allowed / 8);
    this.#overload.note(ms >= longMs && this.#taken > requests, this.#hasRefused, now);
  }
}
