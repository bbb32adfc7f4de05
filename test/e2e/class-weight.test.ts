import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createRandom } from '../../src/core/helpers/random.ts';
import { fileStore, type RunRequest, Trainer, type TrainerOutcome } from '../../src/index.ts';
import { verifyRun } from '../../src/verify/verify-run.ts';
import { complete, failureOf, finished } from './sample.ts';

/** One row in twelve is a fraud: from its amount and hour it can be told half of the time. */
function payments(count: number, seed: string): Record<string, unknown>[] {
  const random = createRandom(seed);
  return Array.from({ length: count }, () => {
    const [amount, hour] = [random.normal(), random.normal()];
    const score = 1.4 * amount + 0.8 * hour * hour + 0.7 * random.normal();
    return { amount, hour, shop: ['a', 'b', 'c'][random.integer(3)], fraud: score > 2.9 ? 'yes' : 'no', cost: score };
  });
}

const data = payments(1500, 'learn');
const later = payments(6000, 'later');
const request: RunRequest = {
  prompt: 'Predict fraud.',
  data,
  task: { ignore: ['cost'] },
  budget: { workUnits: 400 },
};
const balancedPrompt = 'Predict fraud; the rare class matters.';

let folder = '';
let plain: Extract<TrainerOutcome, { status: 'complete' }>;
let balanced: typeof plain;
let events: Awaited<ReturnType<typeof finished>>['events'];
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'traineragent-classes-'));
  const store = fileStore(folder);
  plain = complete(await new Trainer().run(request).result);
  const run = await finished({ ...request, prompt: balancedPrompt, runId: 'balanced' }, { store });
  events = run.events;
  balanced = complete(run.outcome);
}, 120_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Mean probability of a fraud over rows, and the share of frauds among them. */
async function meansOf({ model }: typeof plain) {
  const answers = (await model.predict(later)) as readonly { readonly probabilities: Record<string, number> }[];
  const mean = answers.reduce((sum, { probabilities }) => sum + probabilities.yes!, 0) / later.length;
  return { mean, share: later.filter(({ fraud }) => fraud === 'yes').length / later.length };
}

describe('a request in which the rare class matters', () => {
  it('is decided by the rule, with its reason, and every fit but the baseline’s follows', () => {
    expect(events).toContainEqual(
      expect.objectContaining({
        type: 'decision',
        question: 'model.balance',
        answer: { classWeight: 'balanced' },
        by: 'rule',
        why: 'The request says so.',
      }),
    );
    for (const { learner, configuration } of balanced.facts.trials)
      expect(configuration.classWeight, learner).toBe(learner === 'baseline' ? undefined : 'balanced');
    expect(new Set(balanced.facts.trials.map(({ learner }) => learner))).toContain('trees');
  });

  it('says in card and report what was done, and with whose words', async () => {
    const about =
      'Every class counted alike in the fits; probabilities are put right for it, so they are those of the data.';
    const { markdown } = await balanced.card();
    expect(markdown).toMatch(new RegExp(`- classes: ${about}\\[\\^\\d+\\]`));
    const report = await balanced.report();
    expect(report).toContain(`<li>Classes: ${about}</li>`);
    expect(report).toMatch(/weight of classes<.*?every class counts alike<.*?“rare class matters”/s);
    expect((await plain.report()).includes('Classes: ')).toBe(false);
  });

  it('has probabilities that are those of the data, where a fit of weighed rows alone says half of everything', async () => {
    const { mean, share } = await meansOf(balanced);
    expect(share).toBeLessThan(0.15);
    expect(Math.abs(mean - share)).toBeLessThan(0.025);
  });

  it('is no worse where frauds and others count alike, and no better than the rule of decision makes it', async () => {
    const recallsOf = async ({ model }: typeof plain) => {
      const answers = await model.predict(later);
      const of = (label: string) => {
        const rows = later.flatMap(({ fraud }, i) => (fraud === label ? [answers[i]!.prediction === label] : []));
        return rows.filter(Boolean).length / rows.length;
      };
      return { rare: of('yes'), both: (of('yes') + of('no')) / 2 };
    };
    const [own, others] = [await recallsOf(balanced), await recallsOf(plain)];
    expect(own.rare).toBeGreaterThan(0.7);
    expect(Math.abs(own.both - others.both)).toBeLessThan(0.05);
  });

  it('is verified, explained, and the same when it is run again', async () => {
    for (const [name, text] of [
      ['model.onnx', balanced.model.bytes],
      ['card.md', (await balanced.card()).markdown],
    ] as const)
      await writeFile(join(folder, name), text);
    const checks = await verifyRun(join(folder, 'balanced'));
    expect(checks.filter(({ ok }) => !ok)).toEqual([]);
    const [explained] = await balanced.model.explain([{ amount: 3, hour: 1, shop: 'a' }]);
    expect(explained!.contributions.length).toBeGreaterThan(1);
    const again = complete(
      await new Trainer().run({ ...request, task: { ...request.task, classWeight: 'balanced' } }).result,
    );
    expect(again.model.hash).not.toBe(plain.model.hash);
    expect(again.facts.task?.classWeight).toEqual({ value: 'balanced', source: 'host' });
  });
});

it('a host that balances a number is told that there are no classes', async () => {
  expect(await failureOf({ ...request, task: { target: 'cost', classWeight: 'balanced' } })).toMatchObject({
    code: 'REQUEST_INVALID',
    message: expect.stringContaining('Expected `task.classWeight` of a task with classes'),
  });
});
