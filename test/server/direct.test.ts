import { createService, type ServableModel } from 'traineragent/serve';
import { describe, expect, it } from 'vitest';
import { onnxBackend } from '../../src/backends/onnx/onnx-backend.ts';
import { checkModel } from '../../src/onnx/check-model.ts';
import { encodeModel } from '../../src/onnx/encode.ts';
import { readSignature } from '../../src/onnx/signature.ts';
import { openVersion } from '../../src/server/served-version.ts';
import { createRecordEncoder } from '../../src/tools/artefact/encode-records.ts';
import { loadModel } from '../../src/tools/artefact/model.ts';
import { linearLearner } from '../../src/tools/learn/linear/linear-learner.ts';
import { treesLearner } from '../../src/tools/learn/trees/trees-learner.ts';
import { createDirectRun } from '../../src/tools/serve/direct-run.ts';
import { hasSameAnswers } from '../../src/tools/serve/same-answers.ts';
import { sliceRows } from '../../src/tools/serve/tensor-rows.ts';
import { buildSampleModel } from '../tools/artefact/sample-model.ts';
import { type Answer, differenceOf, recordsOf } from '../tools/convert/sample-records.ts';
import { predictRequest, sampleFile, sampleRecord } from './sample-service.ts';

const open = (model: ServableModel, direct: typeof createDirectRun) =>
  openVersion(model, {
    backend: onnxBackend(),
    workers: 1,
    threads: 1,
    batch: { batchRows: 32, batchDelayMs: 2, queuedRows: 512, queueMs: 20 },
    maxTextLength: 1000,
    onBatch: () => undefined,
    direct,
  });

describe('a small model', () => {
  it.each([
    ['binary', linearLearner],
    ['binary', treesLearner],
    ['multiclass', treesLearner],
    ['regression', linearLearner],
    ['regression', treesLearner],
  ] as const)('of %s predicts where requests are answered, as the runtime does', async (task, learner) => {
    const { artefact } = await buildSampleModel(task, [{ learner, weight: 1 }]);
    const signature = readSignature(checkModel(artefact.bytes));
    await using version = await open({ bytes: artefact.bytes, hash: artefact.hash, signature }, createDirectRun);
    expect(version.workers.size).toBe(0);
    await using service = await createService({ bytes: artefact.bytes, hash: artefact.hash, signature });
    const records = recordsOf(1000);
    const response = await service.fetch(predictRequest(records));
    const { predictions } = (await response.json()) as { predictions: Answer[] };
    await using model = loadModel(artefact.bytes, onnxBackend(), { where: 'inline' });
    const { worst, labels } = differenceOf(predictions, await model.predict(records));
    expect(worst).toBeLessThanOrEqual(1e-5);
    expect(labels).toBe(0);
  });

  it('needs no process, and is ready; with workers it has them', async () => {
    const model = await sampleFile('binary', 'trees');
    for (const [options, up] of [
      [{}, 0],
      [{ workers: 2 }, 2],
    ] as const) {
      await using service = await createService(model, options);
      expect((await service.fetch(predictRequest(sampleRecord))).status).toBe(200);
      expect((await service.fetch(new Request('http://localhost/readyz'))).status).toBe(200);
      const metrics = await (await service.fetch(new Request('http://localhost/metrics'))).text();
      expect(metrics).toContain(`traineragent_workers_up ${up}`);
    }
  });

  it('lets other work through between parts of many rows', async () => {
    const model = await sampleFile('binary', 'trees');
    const run = createDirectRun(model.bytes)!;
    await using version = await open(model, () => ({ ...run, rows: 10 }));
    let turns = 0;
    let isDone = false;
    const count = (): void => {
      turns++;
      if (!isDone) setImmediate(count);
    };
    setImmediate(count);
    const { tensors } = version.encode(recordsOf(200));
    const { batch } = await version.queue.infer(tensors, 200);
    isDone = true;
    expect(turns).toBeGreaterThanOrEqual(19);
    expect(batch.tensors.label!.data).toEqual(run.predict(tensors).label!.data);
  });
});

describe('answers of a direct run', () => {
  it.each([
    ['binary', treesLearner],
    ['multiclass', treesLearner],
    ['regression', linearLearner],
  ] as const)('of %s do not depend on the records beside them, to the last bit', async (task, learner) => {
    const { artefact } = await buildSampleModel(task, [{ learner, weight: 1 }]);
    const run = createDirectRun(artefact.bytes)!;
    const { tensors } = encodeAll(artefact.bytes, recordsOf(300));
    const all = run.predict(tensors);
    for (const size of [1, 3, 4, 32])
      for (let from = 0; from < 300; from += size) {
        const to = Math.min(300, from + size);
        expect(run.predict(sliceRows(tensors, from, to))).toEqual(sliceRows(all, from, to));
      }
  });

  it('are those of their model where several take turns', async () => {
    const runs = [];
    for (const [i, task] of (
      ['binary', 'multiclass', 'regression', 'binary', 'regression', 'binary'] as const
    ).entries()) {
      const configuration = { iterations: 5 + i };
      const { artefact } = await buildSampleModel(task, [{ learner: treesLearner, weight: 1, configuration }]);
      runs.push({ run: createDirectRun(artefact.bytes)!, ...encodeAll(artefact.bytes, recordsOf(40)) });
    }
    const alone = runs.map(({ run, tensors }) => run.predict(tensors));
    for (let i = 0; i < 60; i++) {
      const at = (i * i + i) % runs.length;
      expect(runs[at]!.run.predict(runs[at]!.tensors)).toEqual(alone[at]);
    }
  });
});

const encodeAll = (bytes: Uint8Array, records: readonly object[]) =>
  createRecordEncoder(readSignature(checkModel(bytes)))(records);

describe('a process predicts', () => {
  it('where the direct run does not answer as the runtime does', async () => {
    const model = await sampleFile('binary', 'trees');
    await using version = await open(model, (bytes) => {
      const run = createDirectRun(bytes)!;
      return {
        ...run,
        predict(inputs) {
          const outputs = run.predict(inputs);
          const { data } = outputs.probabilities as { data: Float32Array };
          // One row in 512 is a hundredth off.
          data[100] = data[100]! + 0.01;
          return outputs;
        },
      };
    });
    expect(version.workers.size).toBe(1);
  });

  it('where the file is none of ours, has other operators, or a row costs too much', async () => {
    const { bytes } = await sampleFile('binary', 'trees');
    const model = checkModel(bytes);
    expect(createDirectRun(bytes)).toBeDefined();
    const without = { ...model, metadata: model.metadata.filter(([key]) => !key.endsWith('card')) };
    expect(createDirectRun(encodeModel(without))).toBeUndefined();
    const other = model.graph.nodes.map((node) =>
      node.operator === 'Sigmoid' ? { ...node, operator: 'Softplus' } : node,
    );
    expect(createDirectRun(encodeModel({ ...model, graph: { ...model.graph, nodes: other } }))).toBeUndefined();
    const large = model.metadata.map(([key, text]): [string, string] => [
      key,
      key.endsWith('card') ? text.replace(/"operationsPerRow":\d+/, '"operationsPerRow":1000000') : text,
    ]);
    expect(createDirectRun(encodeModel({ ...model, metadata: large }))).toBeUndefined();
  });

  it('is asked about rows that are missing, unseen and extreme before it is replaced', async () => {
    const { bytes, signature } = await sampleFile('regression', 'linear');
    await using predictor = await onnxBackend().load(bytes, { where: 'inline' });
    const run = createDirectRun(bytes)!;
    let rows = { missing: 0, unseen: 0, extreme: 0 };
    const seen: typeof run = {
      ...run,
      predict(inputs) {
        const numbers = inputs.numbers!.data as Float32Array;
        const categories = inputs.categories!.data as readonly string[];
        rows = {
          missing: numbers.filter(Number.isNaN).length,
          unseen: categories.filter((text) => text === 'a value nobody has seen').length,
          extreme: numbers.filter((value) => Math.abs(value) > 1e6).length,
        };
        return run.predict(inputs);
      },
    };
    expect(await hasSameAnswers(seen, predictor, signature)).toBe(true);
    expect(Math.min(rows.missing, rows.unseen, rows.extreme)).toBeGreaterThan(10);
  });
});
