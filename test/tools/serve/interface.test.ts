import { execFileSync } from 'node:child_process';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { createRandom } from '../../../src/core/helpers/random.ts';
import { createRecordEncoder } from '../../../src/tools/artefact/encode-records.ts';
import { estimate } from '../../../src/tools/serve/estimate.ts';
import { exampleCurl, exampleRecords } from '../../../src/tools/serve/example-records.ts';
import { jsonSchemaOfRecord } from '../../../src/tools/serve/json-schema.ts';
import { measureLatency } from '../../../src/tools/serve/measure-latency.ts';
import { typescriptOfRecord } from '../../../src/tools/serve/typescript-types.ts';
import { carSignature, penguinSignature } from './fake-model.ts';

describe('exampleRecords', () => {
  it.each([penguinSignature, carSignature])('fit the signature they were made from', (signature) => {
    expect(createRecordEncoder(signature, { isStrict: true })(exampleRecords(signature, 5)).problems).toEqual([]);
    expect(exampleRecords(signature)).toEqual(exampleRecords(signature));
  });

  it('have values within the ranges and known categories', () => {
    expect(exampleRecords(penguinSignature, 1)).toEqual([
      { island: 'Biscoe', 'bill length': 44, year: 2008, ringed: true, seen: '2008-07-01T12:00:00.000Z' },
    ]);
  });
});

describe('exampleCurl', () => {
  it.each([penguinSignature, carSignature])('is one line that a shell reads back as the record', (signature) => {
    const line = exampleCurl(signature, 'http://127.0.0.1:8080/');
    expect(line).not.toMatch(/[\n\u202e]/);
    const words = execFileSync('sh', ['-c', `set -- ${line.slice('curl '.length)}; printf '%s\\n' "$@"`], {
      encoding: 'utf8',
    })
      .trimEnd()
      .split('\n');
    expect(words[1]).toBe('http://127.0.0.1:8080/v1/predict');
    expect(JSON.parse(words.at(-1)!)).toEqual(exampleRecords(signature, 1)[0]);
  });
});

describe('typescriptOfRecord', () => {
  it.each([penguinSignature, carSignature])('is valid TypeScript that takes the examples', (signature) => {
    const text = `${typescriptOfRecord(signature)}\nconst records: ModelInput[] = ${JSON.stringify(exampleRecords(signature))};\nexport { records };`;
    const { diagnostics } = ts.transpileModule(text, {
      reportDiagnostics: true,
      compilerOptions: { target: ts.ScriptTarget.ES2022 },
    });
    expect(diagnostics).toEqual([]);
    expect(typescriptOfRecord(signature)).not.toMatch(/\u202e/);
  });

  it('names columns, classes and intervals', () => {
    expect(typescriptOfRecord(penguinSignature)).toContain('readonly "bill length"?: number | null;');
    expect(typescriptOfRecord(penguinSignature)).toContain('readonly prediction: "Adelie" | "Gentoo";');
    expect(typescriptOfRecord(carSignature)).toContain(
      'readonly interval: { readonly low: number; readonly high: number };',
    );
  });
});

describe('jsonSchemaOfRecord', () => {
  it('keeps a column named __proto__', () => {
    const schema = jsonSchemaOfRecord({ ...carSignature, inputs: [{ ...carSignature.inputs[0]!, name: '__proto__' }] });
    expect(Object.keys(schema.properties as object)).toEqual(['__proto__']);
  });
});

describe('measureLatency', () => {
  it('takes quantiles by nearest rank of what an injected clock says', async () => {
    const random = createRandom(1);
    const durations = Array.from({ length: 100 }, (_, i) => i + 1);
    random.shuffle(durations);
    let time = 0;
    let call = 0;
    const latency = await measureLatency(
      async () => {
        time += durations[call++ % 100]!;
      },
      { now: () => time, count: 100, warmUp: 0, maxMs: Number.POSITIVE_INFINITY },
    );
    expect(latency).toEqual({ p50: 50, p99: 99, count: 100 });
  });

  it('stops when its time is over, but not before 20', async () => {
    let time = 0;
    const slow = await measureLatency(
      async () => {
        time += 500;
      },
      { now: () => time },
    );
    expect(slow.count).toBe(20);
  });

  it('warms up untimed', async () => {
    let time = 0;
    let call = 0;
    const latency = await measureLatency(
      async () => {
        time += call++ < 10 ? 40 : 1;
      },
      {
        now: () => time,
        warmUp: 10,
        count: 30,
        maxMs: 4000,
      },
    );
    expect(latency).toEqual({ p50: 1, p99: 1, count: 30 });
  });
});

describe('estimate', () => {
  // Measured p50 with onnxruntime-node 1.30 on one x86-64 core.
  it.each([
    [88, 182, 0.083],
    [84, 282, 0.0667],
    [75, 379, 0.0582],
    [75, 2724, 0.0727],
    [71, 6192, 0.1147],
    [92, 19_986, 0.239],
  ])(
    'predicts the measured latency of a graph of %i nodes and %i operations within a third',
    (graphNodes, operationsPerRow, measuredMs) => {
      const { latencyMs } = estimate({ graphNodes, operationsPerRow, fileBytes: 0, inputs: 6 });
      expect(latencyMs / measuredMs).toBeGreaterThan(2 / 3);
      expect(latencyMs / measuredMs).toBeLessThan(4 / 3);
    },
  );

  it('grows with every count', () => {
    const cost = { operationsPerRow: 1000, graphNodes: 20, fileBytes: 40_000, inputs: 10 };
    const base = estimate(cost);
    expect(base.latencyMs).toBeGreaterThan(0.018);
    for (const key of ['operationsPerRow', 'graphNodes', 'inputs'] as const)
      expect(estimate({ ...cost, [key]: cost[key] * 10 }).latencyMs).toBeGreaterThan(base.latencyMs);
    const larger = estimate({ ...cost, fileBytes: 80_000 });
    expect(larger.sizeBytes).toBe(80_000);
    expect(larger.memoryBytes).toBeGreaterThan(base.memoryBytes);
    const machine = { msPerUnit: 1, latencyFactor: 2, processBytes: 1000 };
    expect(estimate(cost, machine).latencyMs).toBeCloseTo(2 * base.latencyMs, 10);
    expect(estimate(cost, machine).memoryBytes).toBeLessThan(base.memoryBytes);
    expect(base.latencyP99Ms).toBeGreaterThan(base.latencyMs);
    expect(base.batchMs).toBeLessThan(256 * base.latencyMs);
  });
});
