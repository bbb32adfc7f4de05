import type { Socket } from 'node:net';

/** Turns of the event loop in a row that each bring a connection: more of them wait in the system's queue. */
const rowOfTurns = 4;
/** Turns without a connection after which nobody waits there. */
const quietTurns = 3;
/** Connections that are taken at a time: who opens them without end must not keep others from being answered. */
const mostConnections = 1024;
/** Turns in which everybody is read before connections may come first again, as a multiple of those in which they did. */
const restFactor = 4;

/**
 * Has those who wait to be accepted come first. Node accepts one connection a turn of the event loop (libuv does, since 1.45), so that behind
 * turns of some milliseconds four hundred that come together wait for seconds. Where each of some turns brought one, nothing is read of the
 * others until the queue is empty: turns without requests are so short that this takes some tens of milliseconds.
 */
export class AcceptFirst {
  readonly #sockets: Iterable<Socket>;
  readonly #afterTurn: (callback: () => void) => void;
  /** Of this turn, in a row until now, and without any. */
  #came = 0;
  #row = 0;
  #quiet = 0;
  #accepted = 0;
  #turns = 0;
  #rest = 0;
  #isLooking = false;
  #isFirst = false;

  /** @param sockets - connections that are open, also that which has just come */
  constructor(
    sockets: Iterable<Socket>,
    afterTurn: (callback: () => void) => void = (callback) => void setImmediate(callback),
  ) {
    this.#sockets = sockets;
    this.#afterTurn = afterTurn;
  }

  /** Whether connections are accepted and nothing else is done. */
  get isFirst(): boolean {
    return this.#isFirst;
  }

  /** Notes a connection that was accepted. */
  note(socket: Socket): void {
    this.#came++;
    this.#accepted++;
    if (this.#isFirst) socket.pause();
    if (this.#isLooking) return;
    this.#isLooking = true;
    this.#row = 0;
    this.#quiet = 0;
    this.#afterTurn(this.#look);
  }

  readonly #look = (): void => {
    this.#row = this.#came > 0 ? this.#row + 1 : 0;
    this.#quiet = this.#came > 0 ? 0 : this.#quiet + 1;
    this.#came = 0;
    if (this.#rest > 0) this.#rest--;
    if (this.#isFirst) {
      this.#turns++;
      if (this.#quiet >= quietTurns || this.#accepted >= mostConnections) this.#end();
    } else if (this.#row >= rowOfTurns && this.#rest === 0) this.#begin();
    this.#isLooking = this.#isFirst || this.#quiet < quietTurns || this.#rest > 0;
    if (this.#isLooking) this.#afterTurn(this.#look);
  };

  #begin(): void {
    this.#isFirst = true;
    this.#accepted = 0;
    this.#turns = 0;
    for (const socket of this.#sockets) socket.pause();
  }

  #end(): void {
    this.#isFirst = false;
    this.#rest = this.#accepted >= mostConnections ? restFactor * this.#turns : 0;
    for (const socket of this.#sockets) socket.resume();
  }
}
