import { describe, expect, expectTypeOf, it } from 'vitest';
import { z } from 'zod';
import { type Backend, backendRegistry, onnxBackend } from '../../src/backends/engine.ts';
import {
  accept,
  defineAgent,
  defineMetric,
  defineQuestion,
  extendAgent,
  type Model,
  type RunEvent,
  type RunFacts,
  replace,
  type TaskSpec,
  Trainer,
  type TrainerOptions,
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

const pricing = defineAgent({
  name: 'pricing',
  profile: 'You price.',
  questions: [
    defineQuestion({
      id: 'pricing.plan',
      about: 'Which plan is offered.',
      language: 'always' as const,
      facts: (rows: number) => ({ rows }),
      answer: () => z.strictObject({ plan: z.enum(['basic', 'pro']) }),
      rule: () => ({ answer: { plan: 'basic' as const }, why: 'It is the usual one.' }),
    }),
  ],
});

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

  it('know the questions, answers and metrics of several plug-ins together, in requests, deciders, events and forks', () => {
    const profit = defineMetric({
      name: 'profit',
      about: 'Earned a row.',
      greaterIsBetter: true,
      needs: 'labels',
      value: ({ confusion }) => {
        expectTypeOf(confusion).toEqualTypeOf<Float64Array>();
        return confusion[3]!;
      },
    });
    const trainer = new Trainer({ agents: [compliance, pricing], metrics: [profit] });
    const look = async () => {
      const run = trainer.run({ task: { metric: 'profit' } });
      // @ts-expect-error Type '"proft"' is not assignable to type '"profit" | BuiltInMetric'
      trainer.run({ task: { metric: 'proft' } });
      for await (const event of run) {
        if (event.type !== 'decision') continue;
        if (event.question === 'compliance.allowed')
          expectTypeOf(event.answer).toEqualTypeOf<{ readonly allowed: boolean }>();
        if (event.question === 'pricing.plan')
          expectTypeOf(event.answer).toEqualTypeOf<{ readonly plan: 'basic' | 'pro' }>();
        if (event.question === 'model.candidates')
          expectTypeOf(event.answer).toEqualTypeOf<{ readonly learners: readonly string[] }>();
        // @ts-expect-error no such question
        if (event.question === 'pricing.plans') return;
      }
      const outcome = await run.result;
      const [score] = outcome.facts.scores;
      if (score!.metric === 'profit' || score!.metric === 'rocAuc') return;
      // @ts-expect-error no such metric
      if (score!.metric === 'profits') return;
    };
    expectTypeOf(look).toBeFunction();
    trainer.on('decision', (event) => {
      if (event.question === 'pricing.plan') expectTypeOf(event.answer.plan).toEqualTypeOf<'basic' | 'pro'>();
    });
    trainer.on('decision-pending', (event) => {
      if (event.question === 'compliance.allowed') expectTypeOf(event.proposal.allowed).toEqualTypeOf<boolean>();
    });
    trainer.decide('pricing.plan', () => replace({ plan: 'pro' }));
    // @ts-expect-error Type '"gold"' is not assignable to type '"basic" | "pro"'
    trainer.decide('pricing.plan', () => replace({ plan: 'gold' }));
    const fork = () => {
      trainer.fork('run', { at: 'pricing.plan', answer: { plan: 'basic' } });
      // @ts-expect-error an answer of another agent
      trainer.fork('run', { at: 'pricing.plan', answer: { allowed: true } });
    };
    expectTypeOf(fork).toBeFunction();
    // @ts-expect-error a metric of labels is given no values
    defineMetric({ name: 'odd', about: 'Odd.', greaterIsBetter: true, needs: 'labels', value: ({ values }) => values });
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

  it('take backends of every kind, and nothing else', () => {
    expectTypeOf(new Trainer({ backends: [onnxBackend(), new URL('file:///own.js')] })).toEqualTypeOf<Trainer>();
    expectTypeOf<NonNullable<TrainerOptions['backends']>[number]>().toEqualTypeOf<URL | Backend>();
    // @ts-expect-error a promise of one: it is awaited first
    expect(() => new Trainer({ backends: [Promise.resolve(onnxBackend())] })).toThrow(/await it/);
    // @ts-expect-error a name
    expect(() => new Trainer({ backends: ['onnx'] })).toThrow(/it is no object/);
    expectTypeOf(backendRegistry([onnxBackend()]).pick({ train: true })).resolves.toEqualTypeOf<Backend>();
  });
});
