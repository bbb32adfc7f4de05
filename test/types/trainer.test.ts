import { describe, expectTypeOf, it } from 'vitest';
import { z } from 'zod';
import {
  accept,
  defineAgent,
  defineQuestion,
  extendAgent,
  type Model,
  type RunEvent,
  type RunFacts,
  replace,
  type TaskSpec,
  Trainer,
  type TrainerOutcome,
  type Verdict,
} from '../../src/index.ts';

// Checked by `tsc` in `npm run check`; at run time these tests only hold that nothing throws.

const allowed = defineQuestion({
  id: 'compliance.allowed',
  about: 'Whether these data may be used.',
  language: 'always' as const,
  facts: (rows: number) => ({ rows }),
  answer: () => z.strictObject({ allowed: z.boolean() }),
  rule: () => ({ answer: { allowed: true }, why: 'Nothing speaks against it.' }),
});
const compliance = defineAgent({ name: 'compliance', profile: 'You look after rules.', questions: [allowed] });

describe('the types of a trainer', () => {
  it('know the questions of the agents that are installed, and the answers', () => {
    const trainer = new Trainer({ agents: [compliance] });
    trainer.decide('compliance.allowed', ({ proposal }) => {
      expectTypeOf(proposal).toEqualTypeOf<{ allowed: boolean }>();
      return replace({ allowed: false });
    });
    // @ts-expect-error an answer of another form
    trainer.decide('compliance.allowed', () => replace({ allowed: 'no' }));
    trainer.decide('task.plan', () => accept());
  });

  it('know the built-in questions and their answers', () => {
    new Trainer().decide('model.candidates', ({ proposal }) => {
      expectTypeOf(proposal).toEqualTypeOf<{ learners: string[] }>();
      return replace({ learners: ['linear'] });
    });
    // @ts-expect-error an answer of another question
    new Trainer().decide('model.candidates', () => replace({ metric: 'accuracy' }));
  });

  it('know no question of an agent that is not installed', () => {
    // @ts-expect-error no such agent
    new Trainer().decide('compliance.allowed', () => accept());
    // @ts-expect-error no such question
    new Trainer({ agents: [compliance] }).decide('compliance.alowed', () => accept());
  });

  it('know the questions of an extension, beside those of the agent that it extends', () => {
    const strict = extendAgent(compliance, { questions: [{ ...allowed, id: 'compliance.strict' as const }] });
    const trainer = new Trainer({ agents: [strict] });
    trainer.decide('compliance.allowed', () => replace({ allowed: false }));
    trainer.decide('compliance.strict', ({ proposal }) => {
      expectTypeOf(proposal).toEqualTypeOf<{ allowed: boolean }>();
      return accept();
    });
    const forks = (store: typeof trainer) => [
      store.fork('run', { at: 'compliance.strict', answer: { allowed: true } }),
      // @ts-expect-error an answer of another question
      store.fork('run', { at: 'compliance.strict', answer: { learners: ['linear'] } }),
      // @ts-expect-error no such question
      store.fork('run', { at: 'compliance.lax', answer: { allowed: true } }),
    ];
    expectTypeOf(forks).toBeFunction();
    // @ts-expect-error no such agent
    const unknown = () => extendAgent('dta', {});
    expectTypeOf(unknown).toBeFunction();
  });

  it('tell the ends of a run apart by their status', () => {
    const look = (outcome: TrainerOutcome) => {
      expectTypeOf(outcome.facts).toEqualTypeOf<RunFacts>();
      if (outcome.status === 'complete') {
        expectTypeOf(outcome.model).toEqualTypeOf<Model>();
        expectTypeOf(outcome.task).toEqualTypeOf<TaskSpec>();
      } else if (outcome.status === 'declined') {
        expectTypeOf(outcome.verdict).toEqualTypeOf<Verdict>();
        // @ts-expect-error no model was made
        outcome.model;
      } else expectTypeOf(outcome.status).toEqualTypeOf<'paused'>();
    };
    expectTypeOf(look).toBeFunction();
  });

  it('tell events apart by their type', () => {
    const look = (event: RunEvent) => {
      if (event.type === 'trial-end') expectTypeOf(event.score).toEqualTypeOf<number>();
      // @ts-expect-error only trials have a score
      event.score;
    };
    expectTypeOf(look).toBeFunction();
    new Trainer().on('stage-end', ({ seconds }) => expectTypeOf(seconds).toEqualTypeOf<number>());
    // @ts-expect-error no such event
    new Trainer().on('stage-ended', () => undefined);
  });

  it('take requests of the form that is documented', () => {
    const requests = (trainer: Trainer) => [
      trainer.run({ data: [{ a: 1 }], task: { target: 'a', metric: 'rmse', threshold: 3 }, budget: { workUnits: 10 } }),
      // @ts-expect-error no such budget
      trainer.run({ budget: 'endless' }),
      // @ts-expect-error no such metric
      trainer.run({ task: { metric: 'cleverness' } }),
    ];
    expectTypeOf(requests).toBeFunction();
  });
});
