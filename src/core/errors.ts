/**
 * Every code that a `TrainerError` can carry, with what it means. One table: the docs page is made from it.
 * A code is never renamed and never reused.
 */
export const errorTable = {
  // The request
  REQUEST_INVALID: 'The request, an option or an answer given by the host does not have the expected form.',
  PEER_MISSING: 'A package that this operation needs is not installed; the message has the line to type.',
  // Reading data
  DATA_NOT_FOUND: 'The data file does not exist.',
  DATA_NOT_READABLE: 'The data could not be read (permission, a folder, a device error).',
  DATA_EMPTY: 'The data have no rows.',
  DATA_FORMAT: 'The bytes are not of a format that can be read, or break its rules beyond repair.',
  DATA_ENCODING: 'The bytes are not valid in the encoding they claim or were found to have.',
  DATA_TOO_WIDE: 'The data have more columns, or a larger field, than the documented limit.',
  COLUMN_UNKNOWN: 'A named column is not in the data.',
  // Running
  RUN_ABORTED: 'The run was aborted through its signal or `run.abort()`; it can be resumed.',
  RUN_NOT_FOUND: 'The store has no run of this id.',
  RUN_LOCKED: 'Another process is working on this run.',
  RUN_CHILD_FAILED: 'The process that trains ended unexpectedly; the run can be resumed.',
  RESUME_MISMATCH: 'A resumed run asked or called something else than what the journal holds at that position.',
  RETRY_WITHOUT_LLM: 'A decider asked for a retry where a rule, not a language model, had answered.',
  DECISION_INVALID: 'An answer does not fit the question, or a check of it failed.',
  DECIDER_FAILED: 'A decider threw, returned something that is no action, or exceeded its time.',
  BUDGET_EXCEEDED: 'A hard limit of the budget was reached before anything useful was measured.',
  TRAIN_FAILED: 'A learner could not be fitted on any configuration.',
  TRAIN_DIVERGED:
    'The loss of a network became infinite or NaN; the details name the step and the layer where it began.',
  MEMORY_EXCEEDED:
    'A training needs more memory than is free, or than its limit allows; it was estimated before it began.',
  PLUGIN_INVALID: 'An agent, learner, tool or question plug-in does not keep its contract.',
  // Stores
  JOURNAL_DAMAGED: 'The journal of a run is cut, altered or out of order.',
  STORE_FAILED: 'The store could not write or read (disk full, permission, device error).',
  FORMAT_VERSION: 'A stored file was written by a newer format than this version reads.',
  // Models
  MODEL_INVALID: 'The model file is no valid ONNX model, or breaks a rule of the checker.',
  MODEL_UNSUPPORTED: 'The model uses an operator, domain or version that is not supported.',
  MODEL_SIGNATURE: 'The model carries no signature, or one that does not match its graph.',
  RECORD_INVALID: 'A record to predict does not fit the signature of the model.',
  PREDICT_FAILED: 'The runtime failed while predicting.',
  // Language models
  LLM_FAILED: 'The provider of the language model refused the request, or failed in a way that has no code of its own.',
  LLM_AUTH: 'The provider of the language model does not accept the key, or the key may not use this model.',
  LLM_RATE_LIMIT:
    'The provider of the language model allows no more calls for now; `details.retryAfterMs` where it says when.',
  LLM_UNAVAILABLE: 'The language model could not be reached, is overloaded, or the connection broke.',
  LLM_TIMEOUT: 'The language model did not begin to answer in time, or stalled while it answered.',
  LLM_CONTEXT_TOO_LONG: 'The question is longer than the context of the language model.',
  LLM_REFUSED: 'The language model refused to answer.',
  LLM_CONTENT_FILTER: 'A filter of the provider stopped the question or the answer.',
  LLM_MALFORMED: 'The reply is not of the protocol that the provider speaks, or ended before it was complete.',
  LLM_REPLY_TOO_LONG: 'The reply grew past its limit and was stopped.',
  LLM_CASSETTE: 'A recorded conversation has no reply to what was asked.',
  // Verification
  VERIFY_FAILED: 'A recomputed number differs from the reported one.',
  // Serving
  SERVE_FAILED: 'The server could not start or bind.',
  INTERNAL: 'A broken invariant of this library; please report it.',
} as const;

/** A code of {@link errorTable}. */
export type ErrorCode = keyof typeof errorTable;

const brand = Symbol.for('traineragent.error');

/** Options of a {@link TrainerError}. */
export interface TrainerErrorOptions {
  /** What caused it. */
  readonly cause?: unknown;
  /** Plain facts for programs: a path, a row, expected and received. Never cell values. */
  readonly details?: Readonly<Record<string, unknown>>;
}

/**
 * The one error class of the library: `code` for programs, `message` for people (what, expected, got, what to do next).
 *
 * @example
 * try { await run.result } catch (error) { if (TrainerError.isInstance(error)) console.error(error.code) }
 */
export class TrainerError extends Error {
  override readonly name = 'TrainerError';
  readonly code: ErrorCode;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(code: ErrorCode, message: string, options: TrainerErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.details = options.details ?? {};
    Object.defineProperty(this, brand, { value: true });
  }

  /** Whether a value is a `TrainerError`, also one from another copy of this library. */
  static isInstance(value: unknown): value is TrainerError {
    return typeof value === 'object' && value !== null && (value as Record<symbol, unknown>)[brand] === true;
  }

  toJSON(): { code: ErrorCode; message: string; details: Readonly<Record<string, unknown>> } {
    return { code: this.code, message: this.message, details: this.details };
  }
}
