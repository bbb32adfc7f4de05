// From drift that a service notices to a model that is trained again.
import { Trainer } from 'traineragent';
import { createService, type DriftEvent } from 'traineragent/serve';

/** Parcels, the same ones for the same seed; `far` says how far they go at most. */
function parcels(count: number, seed: number, far: number, carriers: readonly string[]) {
  let state = seed;
  const random = (): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 4_294_967_296;
  };
  return Array.from({ length: count }, () => {
    const distance = Math.round(far * random());
    const carrier = carriers[Math.floor(carriers.length * random())]!;
    const isLate = distance + (carrier === 'rail' ? 200 : 0) + 300 * random() > 700;
    return { distance, carrier, weight: Math.round(20 * random()), late: isLate ? 'yes' : 'no' };
  });
}

const prompt = 'Predict which parcels come late.';
const trainer = new Trainer();
const outcome = await trainer.run({
  prompt,
  data: parcels(800, 1, 1000, ['road', 'rail']),
  task: { target: 'late' },
}).result;
if (outcome.status !== 'complete') throw new Error(`The run ended ${outcome.status}.`);

const events: DriftEvent[] = [];
const service = await createService(outcome.model, { name: 'parcels', onDrift: (event) => events.push(event) });
// Meanwhile parcels go farther, and some of them by air.
const recent = parcels(1000, 2, 2000, ['road', 'rail', 'air']);
for (let from = 0; from < recent.length; from += 100) {
  const records = recent.slice(from, from + 100).map(({ late: _, ...record }) => record);
  await service.fetch(
    new Request('http://localhost/v1/predict', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(records),
    }),
  );
}
await service.close();

const [event] = events;
if (event === undefined) throw new Error('The service noticed nothing.');
const proposal = await trainer.considerDrift(event, { prompt });
if (proposal.status === 'proposed') console.log(proposal.text);
if (proposal.status === 'proposed' && proposal.request !== undefined) {
  // Once it is known how late they came.
  const again = await trainer.run({ ...proposal.request, data: recent }).result;
  console.log(again.status);
}
