// A route of Next.js that predicts: POST one record, or a list of them.
import { model } from '../../../lib/shared';

export const runtime = 'nodejs';

export async function POST(request: Request): Promise<Response> {
  const body = await request.json();
  const predict = await model();
  return Response.json(await predict.predict(Array.isArray(body) ? body : [body]));
}
