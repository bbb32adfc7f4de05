import type { Quantity } from './quantities.ts';
import type { Reading } from './reading.ts';

/** A limit on the model or on its training. */
export interface LimitWish {
  readonly limit: 'latencyMs' | 'sizeBytes' | 'memoryBytes' | 'trainSeconds';
  readonly value: number;
  readonly quantity: Quantity;
}

const training =
  /^(?:train|trains|trained|training|fit|fitting|learn|learning|build|building|finish|finished|done|ready|search|searching|compute|budget|run|runs)$/u;
const fitting = /^(?:train|trains|trained|training|fit|fitting|learning)$/u;
const answering =
  /^(?:predict|prediction|predictions|predicts|predicting|answer|answers|respond|responds|response|inference|latency|request|requests|reply|call|lookup|query|scoring|speed|fast|row|record|record's|realtime|p99|serve|serving|decide|decision)$/u;
const remembering = /^(?:memory|ram|heap)$/u;
/** "On a device with 256 MB", "a 512 MB container": what a machine has is its memory. */
const machineHas =
  /(?<![\p{L}])(?:devices?|phones?|tablets?|machines?|box(?:es)?|boards?|pi|containers?|pods?|vms?|vps|instances?|servers?|computers?|laptops?|routers?|gateways?|dynos?|functions?)(?: (?:that|which|only|just))* (?:with|of|has|have|having|offers?|at) (?:only |just |about |at most |no more than |up to |a mere |max(?:imum)? )*$/u;
const ofMachine =
  /^(?: |-)*(?:devices?|phones?|tablets?|machines?|box(?:es)?|boards?|(?:raspberry )?pis?|containers?|pods?|vms?|vps|instances?|servers?|computers?|laptops?|routers?|gateways?|dynos?)(?![\p{L}])/u;
const storing =
  /^(?:size|file|disk|model|artifact|artefact|download|flash|storage|big|large|small|smaller|larger|footprint)$/u;

/** Reads limits with their units from numbers of time and bytes. */
export function findLimits(reading: Reading, quantities: readonly Quantity[]): readonly LimitWish[] {
  const wishes: LimitWish[] = [];
  for (const quantity of quantities) {
    const limit = quantity.bound === 'min' ? undefined : limitOf(reading, quantity);
    if (limit === undefined || wishes.some((wish) => wish.limit === limit)) continue;
    wishes.push({ limit, value: limit === 'trainSeconds' ? quantity.value / 1000 : quantity.value, quantity });
  }
  return wishes;
}

function isOfMachine(reading: Reading, { from, to }: Quantity): boolean {
  const { at } = reading.tokens[from]!;
  const last = reading.tokens[to - 1]!;
  return (
    machineHas.test(reading.text.slice(Math.max(0, at - 80), at)) ||
    ofMachine.test(reading.text.slice(last.at + last.word.length))
  );
}

function limitOf(reading: Reading, quantity: Quantity): LimitWish['limit'] | undefined {
  const near = (words: RegExp): number => {
    let best = 99;
    reading.tokens.forEach((token, index) => {
      if (!words.test(token.word)) return;
      const sentences = Math.abs(token.sentence - reading.tokens[quantity.from]!.sentence);
      const clauses = Math.abs(token.clause - reading.tokens[quantity.from]!.clause);
      if (sentences > 0) return;
      const gap = index < quantity.from ? quantity.from - index : index >= quantity.to ? index - quantity.to + 1 : 0;
      best = Math.min(best, gap + clauses * 4);
    });
    return best;
  };
  if (quantity.unit === 'bytes' && isOfMachine(reading, quantity) && near(storing) > 3) return 'memoryBytes';
  if (quantity.unit === 'bytes')
    return near(remembering) <= Math.min(near(storing) + 1, 8) ? 'memoryBytes' : 'sizeBytes';
  if (quantity.unit !== 'time') return undefined;
  const [train, answer] = [near(training), near(answering)];
  const isShort = /^(?:µ|μ|us|ms|msec|milli|micro)/u.test(quantity.unitWord);
  // "Runs in 2 ms" is an answer; only training that is called so takes milliseconds.
  if (isShort) return near(fitting) < answer && near(fitting) <= 4 ? 'trainSeconds' : 'latencyMs';
  if (answer <= 8 && answer <= train) return 'latencyMs';
  if (train <= 10) return 'trainSeconds';
  const before = reading.tokens
    .slice(Math.max(0, quantity.from - 3), quantity.from)
    .map((token) => token.word)
    .join(' ');
  const isSeconds = /^s/u.test(quantity.unitWord);
  if (/(?:take|takes|last|lasts|in|time|spend)$/u.test(before) && quantity.bound === 'max')
    return isSeconds ? 'latencyMs' : 'trainSeconds';
  return undefined;
}
