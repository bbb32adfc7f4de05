import { z } from 'zod';
import type { ExpectedScore } from './score-monitor.ts';

const cardSchema = z.object({
  /** SHA-256 of the file that the card is about. */
  model: z.string(),
  outcomeScore: z.object({ metric: z.enum(['accuracy', 'mae']), value: z.number(), low: z.number(), high: z.number() }),
});

/** What the model was worth on the test rows, from its `card.json`; undefined where the card is of another file, or does not say. */
export function expectedOfCard(text: string, version: string): ExpectedScore | undefined {
  let card: unknown;
  try {
    card = JSON.parse(text);
  } catch {
    return undefined;
  }
  const parsed = cardSchema.safeParse(card);
  if (!parsed.success || parsed.data.model !== version) return undefined;
  const { metric, value, low, high } = parsed.data.outcomeScore;
  return { of: 'vault', metric, value, interval: [low, high] };
}
