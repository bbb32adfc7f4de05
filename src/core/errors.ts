/**
 * Every code that a `TrainerError` can carry, with what it means and, where that is always the same, what can be done. One table: the docs page is made from it.
 * A code is never renamed and never reused.
 */
export const errorTable = {
  // The request
  REQUEST_INVALID:
    'The request, an option or an answer given by the host does not have the expected form. Correct the field that the message names.',
  PEER_MISSING: 'A package that this operation needs is not installed; the message has the line to type.',
  // Reading data
  DATA_NOT_FOUND: 'The data file does not exist. Check the path; it is taken from the working directory.',
  DATA_NOT_READABLE:
    'The data could not be read (permission, a folder, a device error). Check its permissions, and that it is a file.',
  DATA_EMPTY: 'The data have no rows. Hand over at least 20 rows.',
  DATA_FORMAT:
    'The bytes are not of a format that can be read, or break its rules beyond repair. Save it again as CSV, JSON, NDJSON or Parquet.',
  DATA_ENCODING:
    'The bytes are not valid in the encoding they claim or were found to have. Name its encoding, or save it as UTF-8.',
  DATA_TOO_WIDE:
    'The data have more columns, or a larger field, than the documented limit. Leave columns out, or shorten the field.',
  COLUMN_UNKNOWN: 'A named column is not in the data. Compare the name with those that the message lists.',
  // Running
  RUN_ABORTED:
    'The work was aborted through its signal or `run.abort()`. Nothing that a run has recorded is lost: resume it by its id.',
  RUN_NOT_FOUND: 'The store has no run of this id. Check the id and the folder of the store.',
  RUN_LOCKED: 'Another process is working on this run. Wait until it ends.',
  RUN_CHILD_FAILED:
    'The process that trains ended unexpectedly, mostly for want of memory. Resume the run; where it ends again, give it fewer rows or columns.',
  RESUME_MISMATCH:
    'A resumed run asked or called something else than what the journal holds at that position. Resume it with the plug-ins and the version that began it, or start another run.',
  RETRY_WITHOUT_LLM:
    'A decider asked for a retry where a rule, not a language model, had answered. Replace the answer instead.',
  DECISION_INVALID:
    'An answer does not fit the question, or a check of it failed. Give one of the answers that the message describes.',
  DECIDER_FAILED:
    'A decider threw, returned something that is no action, or exceeded its time. Mend it and resume: the run is paused.',
  BUDGET_EXCEEDED:
    'A hard limit of the budget was reached before anything useful was measured. Give a larger budget, or fewer rows or columns.',
  TRAIN_FAILED:
    'A learner could not be fitted on any configuration. Choose another learner, or correct what the message names; the other learners of a run go on.',
  TRAIN_DIVERGED:
    'The loss of a network became infinite, or no number (NaN); the details name the step and the layer where it began. Lower the learning rate, clip gradients, or scale the inputs.',
  MEMORY_EXCEEDED:
    'A training needs more memory than is free, or than its limit allows; it was estimated before it began. Take smaller batches or fewer rows, or raise the limit.',
  PLUGIN_INVALID:
    'An agent, learner, tool or question plug-in does not keep its contract. Mend what the message names; the suites of `traineragent/testing` find it before a run does.',
  // Stores
  JOURNAL_DAMAGED:
    'The journal of a run is cut, altered or out of order. Train again; the run can not be believed from that record on.',
  STORE_FAILED:
    'The store could not write or read (disk full, permission, device error). Free space or grant access, and resume.',
  FORMAT_VERSION:
    'A stored file was written by a newer format than this version reads. Install the version that wrote it, or a newer one.',
  // Models
  MODEL_INVALID:
    'The model file is no valid ONNX model, or breaks a rule of the checker, so it was not run. Copy it again from where it was made; where it came from elsewhere, do not trust it.',
  MODEL_UNSUPPORTED:
    'The model, or a backend that is to run it, lacks an operator, domain, type or version that is needed. Export the model with what the message names replaced, or take another backend.',
  MODEL_SIGNATURE:
    'The model carries no signature, or one that does not match its graph. Use a file that this library has made.',
  RECORD_INVALID:
    'A record does not fit the schema of the request, or the signature of the model. Correct the fields that the message names.',
  PREDICT_FAILED:
    'The runtime failed while predicting. Try the same records once more; where it fails again, send fewer at a time, and check the file by `traineragent inspect`.',
  // Language models
  LLM_FAILED:
    'The provider of the language model refused the request, or failed in a way that has no code of its own. Read what it says in the message; without a language model the rules decide.',
  LLM_AUTH:
    'The provider of the language model does not accept the key, or the key may not use this model. Check the key and what it may use.',
  LLM_RATE_LIMIT:
    'The provider of the language model allows no more calls for now; `details.retryAfterMs` where it says when. Wait, or use fewer calls.',
  LLM_UNAVAILABLE:
    'The language model could not be reached, is overloaded, or the connection broke. Try again later; a run that paused can be resumed.',
  LLM_TIMEOUT:
    'The language model did not begin to answer in time, or stalled while it answered. Raise the limit of time, or use a faster model; a run goes on by its rules.',
  LLM_CONTEXT_TOO_LONG:
    'The question is longer than the context of the language model. Use a model with a longer one, or a stricter `privacy`.',
  LLM_REFUSED:
    'The language model refused to answer. Nothing needs to be done where the rules may decide; else ask another model, or reword the request.',
  LLM_CONTENT_FILTER:
    'A filter of the provider stopped the question or the answer. Reword the request, or use a provider without the filter; a run goes on by its rules.',
  LLM_MALFORMED:
    'The reply is not of the protocol that the provider speaks, or ended before it was complete. Check the address of the provider, and what stands between (a proxy, a gateway).',
  LLM_REPLY_TOO_LONG:
    'The reply grew past its limit and was stopped. Raise the limit of the reply, or use another model; a run goes on by its rules.',
  LLM_CASSETTE: 'A recorded conversation has no reply to what was asked. Record it again.',
  // Verification
  VERIFY_FAILED: 'A recomputed number differs from the reported one. Do not rely on the report; train again.',
  // Serving
  SERVE_FAILED: 'The server could not start or bind. Choose another port, or end what holds it.',
  INTERNAL:
    'Something in this library is not as it has to be; neither the data nor the request is at fault. Please report it with the message and the version.',
} as const;

/** A code of {@link errorTable}. */
export type ErrorCode = keyof typeof errorTable;

const brand = Symbol.for('traineragent.error');

/** A fault that neither the data nor the request has is to be reported: said once, however often the error is wrapped. */
function withReport(message: string): string {
  return message.includes('Please report it') ? message : `${message} Please report it.`;
}

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
    super(
      code === 'INTERNAL' ? withReport(message) : message,
      options.cause === undefined ? undefined : { cause: options.cause },
    );
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
