/** How fast a machine works, for forecasts alone: nothing is chosen by it. */
export interface Calibration {
  /** Milliseconds of one work unit (a million counted operations) of boosted trees. */
  readonly msPerUnit: number;
  /** How many times as long as by the shipped table one prediction takes. */
  readonly latencyFactor: number;
  /** Resident bytes of a process that predicts with a very small model: Node and the runtime. */
  readonly processBytes: number;
}
