// A Fastify app that trains on the rows it is sent and serves what it trained. With PORT set it listens there.
import Fastify from 'fastify';
import { Trainer } from 'traineragent';
import { createService, type Service } from 'traineragent/serve';

const trainer = new Trainer();
const ended = new Map<string, Promise<object>>();
let service: Service | undefined;

export const app = Fastify();

app.post<{ Body: { prompt: string; rows: Record<string, unknown>[] } }>('/train', async ({ body }, reply) => {
  // The answer goes out now; training goes on in a process of its own, and this one stays free for requests.
  const run = trainer.run({ prompt: body.prompt, data: body.rows });
  ended.set(run.id, finish(run.result));
  return reply.code(202).send({ run: run.id });
});

async function finish(result: ReturnType<typeof trainer.run>['result']): Promise<object> {
  try {
    const outcome = await result;
    if (outcome.status === 'complete') {
      const former = service;
      service = await createService(outcome.model, { workers: 1 });
      await former?.close();
    }
    return { status: outcome.status, score: outcome.facts.scores[0] };
  } catch (error) {
    return { status: 'failed', why: error instanceof Error ? error.message : String(error) };
  }
}

app.get<{ Params: { id: string } }>('/runs/:id', async ({ params }, reply) => {
  return (await ended.get(params.id)) ?? reply.code(404).send({ error: 'No such run.' });
});

app.post('/predict', async ({ body }, reply) => {
  if (service === undefined) return reply.code(409).send({ error: 'Nothing is trained yet.' });
  const answer = await service.fetch(
    new Request('http://localhost/v1/predict', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    }),
  );
  return reply.code(answer.status).send(await answer.json());
});

app.addHook('onClose', async () => service?.close());

if (process.env.PORT !== undefined) console.log(await app.listen({ port: Number(process.env.PORT) }));
