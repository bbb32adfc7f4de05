// Records from a place of one's own, checked by a schema, so that the request and the predictions are typed.
import { defineSource, Trainer } from 'traineragent';
import { z } from 'zod'; // or valibot, arktype, any library of Standard Schema

const Order = z.object({ total: z.number().min(0), items: z.number().int(), returned: z.enum(['yes', 'no']) });

const orders = defineSource({
  name: 'orders', // what reports call it; the options are told to nobody
  async *read({ pages }: { pages: number }, { signal }): AsyncGenerator<z.infer<typeof Order>> {
    for (let page = 0; page < pages; page++) {
      signal.throwIfAborted(); // give it to your database or to fetch
      for (let i = 0; i < 40; i++) {
        const total = (page * 53 + i * 29) % 200;
        yield { total, items: 1 + (i % 5), returned: total > 120 ? 'yes' : 'no' };
      }
    }
  },
});

const run = new Trainer({ logger: { ...console, debug: () => undefined, info: () => undefined } }).run({
  data: orders({ pages: 4 }),
  schema: Order, // a record that does not fit ends the run, and is named
  task: { target: 'returned' },
});
const outcome = await run.result;
if (outcome.status === 'complete') {
  const [answer] = await outcome.model.predict([{ total: 150, items: 2 }]);
  console.log(outcome.facts.request.dataName, answer?.prediction); // 'yes' | 'no'
}
