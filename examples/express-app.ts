// An Express app that trains on an uploaded CSV file, tells its progress as server-sent events, and predicts.
import { createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import express from 'express';
import { type Model, Trainer, TrainerError } from 'traineragent';

const trainer = new Trainer();
let model: Model | undefined;

export const app = express();

app.post('/train', async (request, response) => {
  const folder = await mkdtemp(join(tmpdir(), 'upload-'));
  const tell = (event: string, data: unknown) => response.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
  // Who leaves ends the training.
  const left = new AbortController();
  response.once('close', () => left.abort());
  try {
    // The name is ours: nothing that was sent becomes a part of a path.
    await pipeline(request, createWriteStream(join(folder, 'rows.csv')));
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    const run = trainer.run({
      prompt: String(request.query.prompt),
      data: join(folder, 'rows.csv'),
      signal: left.signal,
    });
    for await (const event of run) if (event.type === 'message') tell('progress', event.summary);
    const outcome = await run.result;
    if (outcome.status === 'complete') model = outcome.model;
    tell('end', { status: outcome.status, score: outcome.facts.scores[0] });
  } catch (error) {
    tell('failed', { code: error instanceof TrainerError ? error.code : 'UPLOAD_CUT' });
  } finally {
    response.end();
    await rm(folder, { recursive: true });
  }
});

app.post('/predict', express.json(), async (request, response) => {
  if (model === undefined) response.status(409).json({ error: 'Nothing is trained yet.' });
  else response.json(await model.predict(request.body));
});

if (process.env.PORT !== undefined) app.listen(Number(process.env.PORT));
