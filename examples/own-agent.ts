// An agent of one's own: it is consulted after the plan, asks a question, and may end the run.
import { defineAgent, defineQuestion, replace, type TaskSpec, Trainer } from 'traineragent';
import { z } from 'zod'; // or any library of Standard Schema

const personal = new Set(['sex', 'age', 'nationality', 'religion']);

const allowed = defineQuestion({
  id: 'compliance.allowed',
  about: 'Whether these columns may be used to predict the target.',
  facts: ({ target, inputs }: { target: string; inputs: readonly string[] }) => ({ target, inputs: [...inputs] }),
  answer: () => z.strictObject({ allowed: z.boolean() }),
  rule: ({ inputs }) => ({
    answer: { allowed: !inputs.some((name) => personal.has(name)) },
    why: 'Columns about persons need an approval.',
  }),
  language: 'unsure', // a language model is asked only where the rule is unsure
});

const compliance = defineAgent({
  name: 'compliance',
  profile: 'You are the compliance officer. You say whether data may be used for a purpose.',
  questions: [allowed],
  consultations: [
    {
      after: 'task.plan',
      async run(context) {
        const { spec } = context.message<{ spec: TaskSpec }>('task.understand')!;
        const answer = await context.ask(allowed, { target: spec.target.value, inputs: spec.inputs.value });
        if (!answer.allowed) {
          const evidence = { question: allowed.id, why: 'a column about persons' };
          context.decline({ kind: 'reject', reasons: [{ code: 'STOPPED_BY_HOST', evidence }] });
        }
        return 'Compliance has no objection.';
      },
    },
  ],
});

const trainer = new Trainer({ agents: [compliance] });
// Its question is known here too, with the type of its answer.
trainer.decide('compliance.allowed', () => replace({ allowed: true }, 'They are penguins.'));

const outcome = await trainer.run({ prompt: 'Predict the species of a penguin.', data: 'penguins.csv' }).result;
console.log(outcome.status);
