import type { MetricId, TaskSpec } from '../../../core/task-spec.ts';
import { joinVerdicts, type Reason, type Verdict, verdictOf } from '../../../core/verdict.ts';
import type { Checked } from '../../data/check.ts';
import { formsLeftOut } from '../../facts/form-facts.ts';
import type { Evaluated } from '../../model/evaluate.ts';
import type { Estimated } from '../../server/estimate.ts';
import { assessOutcome, type MeasuredScore } from '../assess/outcome.ts';
import { checksVerdict } from './assess.ts';
import type { Understood } from './understand.ts';

/** The verdict at the end: what the request, the data and the measured outcome say together; where the request is open, why. */
export function finalVerdict(messages: ReadonlyMap<string, unknown>, openReason: Reason | undefined): Verdict {
  const assessed = (messages.get('task.assess') as Verdict | undefined) ?? verdictOf([]);
  const spec = (messages.get('task.understand') as Understood | undefined)?.spec;
  if (openReason !== undefined) return verdictOf([openReason]);
  if (spec === undefined) return assessed;
  const verdicts: Verdict[] = [assessed];
  const checked = messages.get('data.check') as Checked | undefined;
  if (checked !== undefined) verdicts.push(checksVerdict(spec, checked));
  const evaluated = messages.get('model.evaluate') as Evaluated | undefined;
  const estimated = messages.get('server.estimate') as Estimated | undefined;
  if (evaluated !== undefined) {
    const outcome = assessOutcome(spec, {
      scores: measured(evaluated.vault?.scores ?? evaluated.nested?.scores ?? []),
      baseline: measured(evaluated.vault?.baseline ?? evaluated.nested?.baseline ?? []),
      rows: evaluated.vault?.rows ?? 0,
      gaps: (evaluated.vault?.groups ?? []).flatMap(({ column, gap }) => (gap === undefined ? [] : [{ column, gap }])),
      resources: Object.fromEntries((estimated?.limits ?? []).map(({ limit, measured: value }) => [limit, value])),
    });
    verdicts.push(afterTraining(outcome), verdictOf(vaultReasons(spec, evaluated)));
  }
  verdicts.push(verdictOf(formsLeftOut(messages).map((left) => ({ code: 'FORM_NOT_DELIVERED', evidence: left }))));
  return joinVerdicts(...verdicts);
}

type Scores = NonNullable<Evaluated['vault']>['scores'] | NonNullable<Evaluated['nested']>['scores'];

function measured(scores: Scores): MeasuredScore[] {
  return scores.flatMap((score) =>
    'defined' in score && !score.defined
      ? []
      : [{ metric: score.metric as MetricId, value: score.value, low: score.low, high: score.high }],
  );
}

/** A model that was made is offered, with what it is worth; only before training does a missing signal end a run. */
function afterTraining(verdict: Verdict): Verdict {
  const reasons = verdict.reasons.map((reason) =>
    reason.code === 'NO_SIGNAL' ? { ...reason, code: 'WEAK_SIGNAL' as const } : reason,
  );
  return verdictOf(reasons, verdict.offer);
}

/** What the vault could not judge. */
function vaultReasons(spec: TaskSpec, { vault }: Evaluated): Reason[] {
  const reasons: Reason[] = [];
  if (vault === undefined) return reasons;
  for (const score of vault.scores) {
    if (!score.defined)
      reasons.push({
        code: 'SCORE_UNDEFINED',
        evidence: { metric: score.metric, rows: vault.rows, why: score.reason },
      });
  }
  if (vault.unseenClassRows > 0) {
    reasons.push({ code: 'UNSEEN_CLASSES', evidence: { rows: vault.unseenClassRows, target: spec.target.value } });
  }
  return reasons;
}
