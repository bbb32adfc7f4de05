import { describe, expect, test } from 'vitest';
import { createRandom } from '../../src/core/helpers/random.ts';
import { Trainer } from '../../src/index.ts';

const random = createRandom('limits');
const data = Array.from({ length: 250 }, () => {
  const [a, b, c] = [random.normal(), random.normal(), random.normal()];
  return { a, b, c, y: Math.sin(2 * a) * b + (c > 0 ? 1 : 0) + 0.1 * random.normal() > 0.4 ? 'yes' : 'no' };
});

interface Estimated {
  readonly limits: readonly { readonly limit: string; readonly meets: boolean }[];
  readonly tradeOff?: readonly {
    readonly id: string;
    readonly score: number;
    readonly sizeBytes: number;
    readonly latencyMs: number;
  }[];
}

async function run(prompt: string) {
  const run = new Trainer().run({ prompt, data, budget: 'quick' });
  let estimated: Estimated | undefined;
  for await (const event of run)
    if (event.type === 'message' && event.stage === 'server.estimate') estimated = event.body as unknown as Estimated;
  return { outcome: await run.result, estimated: estimated! };
}

describe('a limit in the request', () => {
  test('that can be kept makes a model within it', async () => {
    const { outcome, estimated } = await run('Predict y. It must fit in 40 kB.');
    if (outcome.status !== 'complete') throw new Error(outcome.status);
    expect(outcome.model.sizeBytes).toBeLessThanOrEqual(40_000);
    expect(estimated.limits).toMatchObject([{ limit: 'sizeBytes', meets: true }]);
    expect(estimated.tradeOff).toBeUndefined();
  });

  test('that no model keeps is answered with what each size was measured to cost', async () => {
    const { outcome, estimated } = await run('Predict y. It must fit in 2 kB.');
    if (outcome.status !== 'complete') throw new Error(outcome.status);
    expect(outcome.verdict.kind).toBe('counter-offer');
    expect(estimated.limits).toMatchObject([{ limit: 'sizeBytes', meets: false }]);
    const { tradeOff } = estimated;
    expect(tradeOff!.length).toBeGreaterThan(1);
    // The first was kept; of the others none is beaten in everything.
    const [, ...others] = tradeOff!;
    for (const one of others) {
      const isBeaten = tradeOff!.some(
        (by) => by.score > one.score && by.sizeBytes < one.sizeBytes && by.latencyMs < one.latencyMs,
      );
      expect(isBeaten).toBe(false);
    }
  });
});
