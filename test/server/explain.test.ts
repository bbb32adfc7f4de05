import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createService, type Service } from '../../src/serve.ts';
import { buildArtefact } from '../../src/tools/artefact/build-artefact.ts';
import { makeNotes } from '../../src/tools/explain/make-notes.ts';
import { linearLearner } from '../../src/tools/learn/linear/linear-learner.ts';
import { treesLearner } from '../../src/tools/learn/trees/trees-learner.ts';
import { buildSampleModel, sampleTable } from '../tools/artefact/sample-model.ts';
import { sampleFile } from './sample-service.ts';

let explains: Service;
let silent: Service;
beforeAll(async () => {
  const { parts, prepare, preparation, artefact } = await buildSampleModel('binary', [
    { learner: treesLearner, weight: 0.5, configuration: { iterations: 10 } },
    { learner: linearLearner, weight: 0.5 },
  ]);
  const explanation = makeNotes(parts.members, prepare(sampleTable(600, 'training')), preparation)!;
  explains = await createService(buildArtefact({ ...parts, explanation }).bytes, { workers: 1 });
  silent = await createService(artefact.bytes, { workers: 1 });
});
afterAll(async () => {
  await explains.close();
  await silent.close();
});

const twoRecords = [{ usage: 120, plan: 'basic' }, { tenure: '3 years' }];
const ask = (service: Service, records: readonly object[] = twoRecords) =>
  service.fetch(
    new Request('http://localhost/v1/predict?explain=1', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(records),
    }),
  );

describe('?explain=1', () => {
  test('adds exact contributions by column to each prediction, largest first', async () => {
    const response = await ask(explains);
    expect(response.status).toBe(200);
    const { predictions } = (await response.json()) as {
      predictions: {
        explanation: { base: number; class: string; contributions: { column: string; value: number }[] };
      }[];
    };
    expect(predictions).toHaveLength(2);
    for (const { explanation } of predictions) {
      const sizes = explanation.contributions.map(({ value }) => Math.abs(value));
      expect(explanation.class).toBe('yés');
      expect(sizes).toHaveLength(6);
      expect(sizes).toEqual([...sizes].sort((a, b) => b - a));
      expect(sizes[0]).toBeGreaterThan(0);
    }
  });

  test.each([
    ['a contribution that is not finite', [{ contributions: [{ column: 'tenure', value: Number.NaN }] }]],
    ['fewer explanations than records', []],
  ])('fails where an explain function of a host gives %s', async (_, explanations) => {
    const explain = () => Promise.resolve(explanations as never);
    await using service = await createService({ ...(await sampleFile()), explain }, { workers: 1 });
    const response = await ask(service, [{ usage: 120 }]);
    expect(response.status).toBe(500);
    expect(await response.json()).toMatchObject({ code: 'PREDICT_FAILED' });
  });

  test('is finite for the largest numbers', async () => {
    const response = await ask(explains, [{ usage: 1e308 }, { usage: -1e308, tenure: 1e308 }]);
    const { predictions } = (await response.json()) as {
      predictions: { explanation: { contributions: { value: number | null }[] } }[];
    };
    const values = predictions.flatMap(({ explanation }) => explanation.contributions.map(({ value }) => value));
    expect(values).toHaveLength(12);
    expect(values).not.toContain(null);
  });

  test('is answered with 501 where the model can not be explained', async () => {
    const response = await ask(silent);
    expect(response.status).toBe(501);
    expect(await response.json()).toMatchObject({ code: 'EXPLAIN_UNSUPPORTED' });
  });
});
