// An application with an agent, a metric and a source of its own; compiled by instantiations.test.ts.
import { accept, defineAgent, defineMetric, defineQuestion, defineSource, replace, Trainer } from 'traineragent';
import { z } from 'zod';

const Order = z.object({ amount: z.number(), country: z.enum(['DE', 'FR']), returned: z.enum(['yes', 'no']) });

const compliance = defineAgent({
  name: 'compliance',
  profile: 'You look after rules.',
  questions: [
    defineQuestion({
      id: 'compliance.allowed',
      about: 'Whether these data may be used.',
      language: 'always' as const,
      facts: (rows: number) => ({ rows }),
      answer: () => z.strictObject({ allowed: z.boolean() }),
      rule: () => ({ answer: { allowed: true }, why: 'Nothing speaks against it.' }),
    }),
  ],
});
const profit = defineMetric({
  name: 'profit',
  about: 'Earned a row.',
  greaterIsBetter: true,
  needs: 'labels',
  value: ({ confusion }) => confusion[3]!,
});
const orders = defineSource({
  name: 'orders',
  *read({ pages }: { readonly pages: number }) {
    for (let page = 0; page < pages; page++) yield { amount: page, country: 'DE' as const, returned: 'no' as const };
  },
});

const trainer = new Trainer({ agents: [compliance], metrics: [profit] });
trainer.decide('compliance.allowed', ({ proposal }) => (proposal.allowed ? replace({ allowed: false }) : accept()));
trainer.decide('model.candidates', ({ proposal }) => replace({ learners: proposal.learners.slice(0, 1) }));
const run = trainer.run({
  data: orders({ pages: 4 }),
  schema: Order,
  task: { target: 'returned', metric: 'profit' },
});
for await (const event of run) {
  if (event.type === 'decision' && event.question === 'compliance.allowed') event.answer.allowed satisfies boolean;
  if (event.type === 'trial-end') event.score satisfies number;
}
const outcome = await run.result;
if (outcome.status === 'complete') {
  const [first] = await outcome.model.predict([{ amount: 3, country: 'FR' }]);
  first!.prediction satisfies 'yes' | 'no';
  // @ts-expect-error no such column
  await outcome.model.predict([{ amonut: 3 }]);
}
