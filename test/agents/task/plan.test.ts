import { describe, expect, it } from 'vitest';
import { type NextFacts, type NextMove, nextStep } from '../../../src/agents/task/next/next-step.ts';
import { checkPlan, type Plan, type PlanStep } from '../../../src/agents/task/plan/plan.ts';
import { type PlanContext, planSteps } from '../../../src/agents/task/plan/plan-steps.ts';
import { understandRequest } from '../../../src/agents/task/understand/understand-request.ts';
import { profileOf } from './score-requests.ts';

function planOf(prompt: string, rows: number, target: string, context: Partial<PlanContext> = {}): Plan {
  const profile = profileOf({
    rows,
    columns: [
      'a | number | 0..9 distinct=400',
      'person_id | category | p1:9 p2:9',
      'at | datetime | distinct=90',
      target,
    ],
  });
  const understood = understandRequest({ prompt, profile });
  if (understood.kind !== 'spec') throw new Error(`Expected a spec, got ${JSON.stringify(understood)}`);
  return planSteps(understood.spec, profile, { budget: 'normal', ...context });
}

function step<S extends PlanStep['step']>(plan: Plan, name: S): Extract<PlanStep, { step: S }> | undefined {
  return plan.steps.find((candidate): candidate is Extract<PlanStep, { step: S }> => candidate.step === name);
}

describe('the plan', () => {
  const yesNo = 'label | category | no:3000 yes:2000';

  it.each([
    ['predict label', 5000, yesNo],
    ['predict label', 30, 'label | category | no:20 yes:10'],
    ['predict label', 2_000_000, 'label | number | 0..9 distinct=900'],
    ['predict label, f1, under 1 ms and 10 kB', 400, yesNo],
  ])('of "%s" on %d rows keeps its own rules', (prompt, rows, target) => {
    for (const budget of ['quick', 'normal', 'thorough'] as const)
      expect(checkPlan(planOf(prompt, rows, target, { budget }))).toEqual([]);
  });

  it.each([
    ['predict label', 'strata'],
    ['predict label, several rows per person', 'group'],
    ['predict label, train on the past and test on the future', 'time'],
  ])('of "%s" splits by %s', (prompt, by) => {
    expect(step(planOf(prompt, 5000, yesNo), 'split')?.by).toBe(by);
  });

  it('keeps no vault of fewer than 100 rows and repeats the validation instead', () => {
    expect(step(planOf('predict label', 90, 'label | category | no:50 yes:40'), 'split')).toMatchObject({
      vault: false,
      repeats: 5,
    });
    expect(
      step(planOf('predict label', 90, 'label | category | no:50 yes:40', { hasTestData: true }), 'split')?.vault,
    ).toBe(true);
  });

  it('searches on a sample where there are many rows', () => {
    expect(step(planOf('predict label', 2_000_000, yesNo), 'reduce')?.rows).toBe(100_000);
    expect(step(planOf('predict label', 5000, yesNo), 'reduce')).toBeUndefined();
  });

  it('compresses for each limit and drops the ensemble where a limit is tight', () => {
    const plan = planOf('predict label, model below 20 kB', 5000, yesNo);
    expect(step(plan, 'compress')?.limit).toBe('sizeBytes');
    expect(step(plan, 'ensemble')).toBeUndefined();
  });

  it('says what is wrong with a plan that breaks a bound', () => {
    const plan = planOf('predict label', 5000, yesNo);
    expect(
      checkPlan({
        ...plan,
        steps: plan.steps.map((entry) => (entry.step === 'trees' ? { ...entry, trials: 100_000 } : entry)),
      }),
    ).toEqual(['Expected trials of "trees" to be a whole number from 1 to 200, got 100000.']);
    expect(checkPlan({ ...plan, steps: [] })).toHaveLength(4);
  });
});

describe('what is next', () => {
  const rising = [0.6, 0.65, 0.7, 0.74, 0.77, 0.8, 0.82, 0.84, 0.85, 0.86];
  const flat = [0.8, 0.85, 0.85, 0.85, 0.85, 0.85, 0.85, 0.85, 0.85, 0.85, 0.85];
  const base: NextFacts = {
    metric: 'rocAuc',
    threshold: 0.9,
    best: rising,
    baseline: 0.5,
    standardError: 0.01,
    budgetLeft: 0.5,
    canEnlarge: false,
    enlarged: 0,
    rowsUsed: 1000,
    rowsThere: 1000,
    limitsKept: true,
  };

  it.each<[string, Partial<NextFacts>, NextMove]>([
    ['the target is reached', { best: [0.7, 0.91] }, 'go-on'],
    ['trials still bring gains', {}, 'more-budget'],
    ['there is a plateau below the target', { best: flat }, 'counter-offer'],
    ['there is a plateau on a sample', { best: flat, rowsThere: 50_000 }, 'reduce-less'],
    ['the budget is spent', { budgetLeft: 0 }, 'counter-offer'],
    ['the budget is spent and may grow', { budgetLeft: 0, canEnlarge: true }, 'more-budget'],
    ['the budget has grown often enough', { budgetLeft: 0, canEnlarge: true, enlarged: 2 }, 'counter-offer'],
    ['nothing beats the baseline', { best: Array<number>(12).fill(0.505) }, 'stop'],
    ['the budget ended before any trial', { best: [], budgetLeft: 0 }, 'stop'],
    ['a limit is broken on a plateau', { best: flat.map((score) => score + 0.1), limitsKept: false }, 'counter-offer'],
    [
      'less is better and the target is reached',
      { metric: 'rmse', threshold: 3, best: [5, 2.9], baseline: 9 },
      'go-on',
    ],
  ])('where %s', (_, change, move) => {
    expect(nextStep({ ...base, ...change }).move).toBe(move);
  });

  it('goes on at a plateau where no threshold was set', () => {
    const { threshold: _, ...open } = base;
    expect(nextStep({ ...open, best: flat }).move).toBe('go-on');
  });
});
