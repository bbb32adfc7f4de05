import type { Json } from './helpers/canonical-json.ts';

/** What becomes of a request, from best to worst. `clarify` is asked before anything is tried, `reject` ends the run. */
export const verdictKinds = ['accept', 'accept-with-warning', 'counter-offer', 'clarify', 'reject'] as const;

/** A kind of {@link verdictKinds}. */
export type VerdictKind = (typeof verdictKinds)[number];

/** Facts of a reason, as plain JSON: counts, column names, measured numbers. Never cell values. */
export type Evidence = { readonly [key: string]: Json | undefined };

/** The kind that each reason leads to at least. A code is never renamed and never reused. */
export const reasonKinds = {
  NO_DATA: 'reject',
  NO_TARGET: 'reject',
  NO_INPUTS: 'reject',
  ONE_CLASS: 'reject',
  TOO_FEW_ROWS: 'reject',
  TOO_FEW_OF_CLASS: 'reject',
  TARGET_KIND: 'reject',
  NO_SIGNAL: 'reject',
  STOPPED_BY_HOST: 'reject',
  NOT_A_LEARNING_TASK: 'reject',
  HARMFUL: 'reject',
  FORECASTING: 'reject',
  CLUSTERING: 'reject',
  ANOMALY_DETECTION: 'reject',
  IMAGES: 'reject',
  AUDIO: 'reject',
  TEXT_GENERATION: 'reject',
  RECOMMENDATION: 'reject',
  MULTI_LABEL: 'reject',
  SEVERAL_TARGETS: 'reject',
  SURVIVAL_ANALYSIS: 'reject',
  CAUSAL: 'reject',
  DERIVED_TARGET: 'reject',
  TARGET_AMBIGUOUS: 'clarify',
  TARGET_NOT_FOUND: 'clarify',
  TARGET_NOT_NAMED: 'clarify',
  LANGUAGE: 'clarify',
  TARGET_MISSED: 'counter-offer',
  WEAK_SIGNAL: 'counter-offer',
  SCORE_UNDEFINED: 'counter-offer',
  UNSEEN_CLASSES: 'accept-with-warning',
  LIMIT_BELOW_MEASURED: 'counter-offer',
  NO_VAULT: 'accept-with-warning',
  SMALL_DATA: 'accept-with-warning',
  IMBALANCED: 'accept-with-warning',
  RARE_CLASSES: 'accept-with-warning',
  MANY_CLASSES: 'accept-with-warning',
  MANY_MISSING: 'accept-with-warning',
  TARGET_MISSING: 'accept-with-warning',
  TEXT_SET_ASIDE: 'accept-with-warning',
  DUPLICATE_ROWS: 'accept-with-warning',
  CONFLICTING_LABELS: 'accept-with-warning',
  LEAKING_COLUMN: 'accept-with-warning',
  TIME_DRIFT: 'accept-with-warning',
  GROUPS_SUSPECTED: 'accept-with-warning',
  SENSITIVE_TARGET: 'accept-with-warning',
  THRESHOLD_TRIVIAL: 'accept-with-warning',
  THRESHOLD_IMPLAUSIBLE: 'accept-with-warning',
  PERFECT_SCORE: 'accept-with-warning',
  WIDE_INTERVAL: 'accept-with-warning',
  FAIRNESS_GAP: 'accept-with-warning',
  UNSUPPORTED_WISH: 'accept-with-warning',
  FORM_NOT_DELIVERED: 'accept-with-warning',
  TASK_ASSUMED: 'accept-with-warning',
} as const satisfies Record<string, VerdictKind>;

/** A code of {@link reasonKinds}. */
export type ReasonCode = keyof typeof reasonKinds;

/** Why a verdict is what it is: a code and the facts behind it. */
export interface Reason {
  readonly code: ReasonCode;
  readonly evidence: Evidence;
}

/** The nearest thing that is possible where the request as it stands is not. */
export interface Offer {
  /** What to change: the wished number, a limit, the target, or another kind of task. */
  readonly change: 'threshold' | 'limit' | 'target' | 'task' | 'data';
  readonly evidence: Evidence;
}

/** What becomes of a request, with every reason found so far. */
export interface Verdict {
  readonly kind: VerdictKind;
  readonly reasons: readonly Reason[];
  readonly offer?: Offer;
}

/** A verdict from its reasons: the worst of their kinds; none is `accept`. */
export function verdictOf(reasons: readonly Reason[], offer?: Offer): Verdict {
  let worst = 0;
  for (const { code } of reasons) worst = Math.max(worst, verdictKinds.indexOf(reasonKinds[code]));
  return { kind: verdictKinds[worst]!, reasons, ...(offer !== undefined && { offer }) };
}

/** Joins verdicts of several stages: reasons accumulate, the same reason with the same facts once, and the last offer stands. */
export function joinVerdicts(...verdicts: readonly Verdict[]): Verdict {
  const reasons = new Map<string, Reason>();
  for (const verdict of verdicts) {
    for (const reason of verdict.reasons) {
      const key = JSON.stringify([reason.code, reason.evidence]);
      if (!reasons.has(key)) reasons.set(key, reason);
    }
  }
  const offers = verdicts.map((verdict) => verdict.offer).filter((offer) => offer !== undefined);
  return verdictOf([...reasons.values()], offers[offers.length - 1]);
}
