/** What the process ends with. */
export const exitCodes = {
  /** Done; for `train`, a model was made. */
  complete: 0,
  /** An error or an abort; the message has the line that resumes where one can. */
  error: 1,
  /** The command line was not understood. */
  usage: 2,
  /** No model was made, for a reason that is told. */
  declined: 3,
  /** The run waits for an answer. */
  paused: 4,
  /** `verify` found a number that differs, `evaluate` a score below what was asked, `compare` a second model that is worse. */
  checkFailed: 5,
} as const;
