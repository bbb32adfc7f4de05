// A route of Next.js that trains: POST { prompt, rows }.
import { join } from 'node:path';
import { folder, trainer } from '../../../lib/shared';

export const runtime = 'nodejs';
export const maxDuration = 300;

export async function POST(request: Request): Promise<Response> {
  const { prompt, rows } = (await request.json()) as { prompt: string; rows: object[] };
  // Who closes the tab ends the training; `trainer.resume(run.id)` would go on.
  const run = trainer.run({ prompt, data: rows, signal: request.signal });
  const outcome = await run.result;
  if (outcome.status === 'complete') await outcome.model.save(join(folder, 'model.onnx'));
  return Response.json({ run: run.id, status: outcome.status, score: outcome.facts.scores[0] });
}
