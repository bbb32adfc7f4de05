// The least that a service on Fastify can be: it parses a record and answers a prediction that is always the same.
import { createRequire } from 'node:module';

const fastify = createRequire(process.argv[2])('fastify');
const app = fastify({ logger: false });
const model = 'a'.repeat(64);
app.post('/v1/predict', async (request) => {
  // What is parsed must be of use, or it might not be parsed.
  const share = request.body.x0 > 0 ? 0.7310585975646973 : 0.2689414024353027;
  return { predictions: [{ prediction: 'no', probabilities: { no: share, yes: 1 - share } }], model };
});
await app.listen({ port: 0, host: '127.0.0.1' });
console.log(`http://127.0.0.1:${app.server.address().port}`);
