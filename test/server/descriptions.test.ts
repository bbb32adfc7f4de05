import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { createService, type ServableModel, type Service } from 'traineragent/serve';
import ts from 'typescript';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { predictRequest, sampleFile, sampleRecord } from './sample-service.ts';

describe.each(['binary', 'multiclass', 'regression'] as const)(
  'what the service of a %s model says of itself',
  (task) => {
    let service: Service;
    let folder: string;
    let file: ServableModel;
    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), 'traineragent-client-'));
      file = await sampleFile(task);
      service = await createService(file, { workers: 1, name: 'churn' });
    });
    afterAll(async () => {
      await service.close();
      await rm(folder, { recursive: true });
    });
    const get = (path: string) => service.fetch(new Request(`http://localhost${path}`));

    it('is OpenAPI whose schemas its answers fit, and other answers do not', async () => {
      // The validator knows no member of the name __proto__, which is one of the classes.
      const plain = async (response: Response) => JSON.parse((await response.text()).replaceAll('__proto__', 'proto'));
      const document = await plain(await get('/openapi.json'));
      const ajv = new Ajv2020({ strict: false });
      ajv.addSchema(document, 'openapi');
      const validate = (name: string) => ajv.compile({ $ref: `openapi#/components/schemas/${name}` });
      const answer = await plain(await service.fetch(predictRequest([sampleRecord, { usage: null, plan: 'new' }])));
      const isPredictions = validate('Predictions');
      expect(isPredictions(answer), ajv.errorsText(isPredictions.errors)).toBe(true);
      expect(isPredictions({ ...answer, predictions: [{ ...answer.predictions[0], more: 1 }] })).toBe(false);
      expect(isPredictions({ ...answer, predictions: [{ prediction: true }] })).toBe(false);
      const problem = await (await service.fetch(predictRequest({ other: 1 }))).json();
      const isProblem = validate('Problem');
      expect(isProblem(problem), ajv.errorsText(isProblem.errors)).toBe(true);
      const isRecord = validate('Record');
      expect([isRecord(sampleRecord), isRecord({ other: 1 }), isRecord({}), isRecord({ usage: {} })]).toEqual([
        true,
        false,
        false,
        false,
      ]);
    });

    it('names only paths that are there, with methods that they take', async () => {
      const { paths } = (await (await get('/openapi.json')).json()) as {
        paths: Record<string, Record<string, unknown>>;
      };
      expect(Object.keys(paths)).toContain('/v2/models/churn/infer');
      for (const [path, methods] of Object.entries(paths))
        for (const method of Object.keys(methods)) {
          const address = path.replace('{version}', file.hash);
          const response = await service.fetch(
            method === 'get'
              ? new Request(`http://localhost${address}`)
              : new Request(`http://localhost${address}`, { method: method.toUpperCase(), body: '' }),
          );
          const { code } = response.ok ? { code: undefined } : ((await response.json()) as { code: string });
          expect([path, code]).not.toEqual([path, expect.stringMatching(/^(NOT_FOUND|METHOD_NOT_ALLOWED)$/)]);
        }
    });

    it('is a client in TypeScript that compiles strictly and predicts', async () => {
      const text = await (await get('/client.ts')).text();
      const path = join(folder, 'client.ts');
      await writeFile(path, text);
      const program = ts.createProgram([path], {
        strict: true,
        noEmit: true,
        exactOptionalPropertyTypes: true,
        skipLibCheck: true,
        types: [],
        target: ts.ScriptTarget.ES2022,
        lib: ['lib.es2022.d.ts', 'lib.dom.d.ts'],
      });
      expect(ts.getPreEmitDiagnostics(program).map(({ messageText }) => messageText)).toEqual([]);
      const script = join(folder, 'client.mjs');
      const options = { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ES2022 };
      await writeFile(script, ts.transpileModule(text, { compilerOptions: options }).outputText);
      const { predict, PredictError } = (await import(/* @vite-ignore */ pathToFileURL(script).href)) as {
        predict(records: readonly object[], options: { url: string }): Promise<readonly object[]>;
        PredictError: new () => Error;
      };
      const { url } = await service.listen();
      const { predictions } = (await (await service.fetch(predictRequest([sampleRecord]))).json()) as {
        predictions: object[];
      };
      expect(await predict([sampleRecord], { url: `${url}/` })).toEqual(predictions);
      const failure = await predict([{ usage: true }], { url }).catch((error: unknown) => error);
      expect(failure).toBeInstanceOf(PredictError);
      expect(failure).toMatchObject({
        status: 400,
        code: 'RECORD_INVALID',
        problems: [{ record: 0, column: 'usage' }],
      });
    });
  },
);
