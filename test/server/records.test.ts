import { loadModel } from 'traineragent';
import { createService, type ServableModel, type Service } from 'traineragent/serve';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { predictRequest, sampleFile, sampleRecord } from './sample-service.ts';

let model: ServableModel;
let service: Service;
beforeAll(async () => {
  model = await sampleFile();
  service = await createService(model, { workers: 1 });
});
afterAll(() => service.close());

interface Problem {
  readonly code: string;
  readonly problems?: readonly { readonly record: number; readonly column?: string; readonly problem: string }[];
}
const secret = 'SECRET-4711';

describe('records', () => {
  it('are predicted as the library predicts them, one or many', async () => {
    await using direct = await loadModel(model.bytes);
    const records = [sampleRecord, { tenure: null, plan: 'never seen' }, { usage: '1200', active: false }];
    const expected = await direct.predict(records);
    const one = await service.fetch(predictRequest(sampleRecord));
    expect(one.status).toBe(200);
    expect(await one.json()).toEqual({ predictions: [expected[0]], model: model.hash });
    const many = await service.fetch(predictRequest(records));
    expect(await many.json()).toEqual({ predictions: expected, model: model.hash });
  });

  it('of an empty array have no predictions', async () => {
    expect(await (await service.fetch(predictRequest([]))).json()).toEqual({ predictions: [], model: model.hash });
  });

  it('that come at once are put together, and each gets its own answer', async () => {
    await using direct = await loadModel(model.bytes);
    const records = Array.from({ length: 100 }, (_, i) => ({ ...sampleRecord, tenure: i }));
    const expected = await direct.predict(records);
    const answers = await Promise.all(
      records.map(
        async (record) =>
          ((await (await service.fetch(predictRequest(record))).json()) as { predictions: unknown[] }).predictions[0],
      ),
    );
    expect(answers).toEqual(expected);
  });

  it.each<[string, Request, number, string]>([
    ['a form', predictRequest(secret, { 'content-type': 'text/plain' }), 415, 'MEDIA_TYPE_UNSUPPORTED'],
    [
      'another charset',
      predictRequest('{}', { 'content-type': 'application/json; charset=utf-16' }),
      415,
      'MEDIA_TYPE_UNSUPPORTED',
    ],
    ['a compressed body', predictRequest('{}', { 'content-encoding': 'gzip' }), 415, 'MEDIA_TYPE_UNSUPPORTED'],
    ['an answer as a picture', predictRequest('{}', { accept: 'image/png' }), 406, 'NOT_ACCEPTABLE'],
    ['broken JSON', predictRequest(`{"${secret}`), 400, 'JSON_INVALID'],
    ['no body', predictRequest(''), 400, 'JSON_INVALID'],
    ['very deep JSON', predictRequest('['.repeat(900_000)), 400, 'JSON_TOO_DEEP'],
    ['a large body', predictRequest(`"${secret}${'x'.repeat(1_000_001)}"`), 413, 'BODY_TOO_LARGE'],
    ['too many records', predictRequest(Array(1001).fill({})), 413, 'TOO_MANY_RECORDS'],
    ['a number for a record', predictRequest('4711'), 400, 'RECORD_INVALID'],
    ['an array for a number', predictRequest(`{"usage":["${secret}"]}`), 400, 'RECORD_INVALID'],
    ['a text that is no number', predictRequest(`{"usage":"${secret}"}`), 400, 'RECORD_INVALID'],
    ['a truth value for a number', predictRequest('{"usage":true}'), 400, 'RECORD_INVALID'],
    ['a number that no number holds', predictRequest('{"usage":1e999}'), 400, 'RECORD_INVALID'],
    ['a nested value', predictRequest(`{"plan":{"a":"${secret}"}}`), 400, 'RECORD_INVALID'],
    ['a long text', predictRequest({ plan: 'x'.repeat(10_001) }), 400, 'RECORD_INVALID'],
    ['a record without any column', predictRequest('{}'), 400, 'RECORD_INVALID'],
    ['a member of the prototype', predictRequest('{"__proto__":{"usage":1}}'), 400, 'RECORD_INVALID'],
    ['a request for reasons', predictRequest(sampleRecord, {}, '/v1/predict?explain=1'), 501, 'EXPLAIN_UNSUPPORTED'],
  ])('refuse %s, without repeating it', async (_, request, status, code) => {
    const response = await service.fetch(request);
    expect([response.status, response.headers.get('content-type')]).toEqual([status, 'application/problem+json']);
    const text = await response.text();
    expect(JSON.parse(text)).toMatchObject({ status, code, title: expect.any(String), detail: expect.any(String) });
    expect(text).not.toMatch(/SECRET|4711/);
  });

  it('name what is wrong: which record, which column, what was expected; and members that are no columns', async () => {
    const body = (await (
      await service.fetch(
        predictRequest([{ usage: 1 }, { usage: true, tenuer: 1 }, { 'a@b.example 4711': 1, usage: 1 }]),
      )
    ).json()) as Problem;
    expect(body.problems).toEqual([
      { record: 1, column: 'usage', problem: 'expected a finite number, got a boolean' },
      { record: 1, problem: '"tenuer" is not an input of the model' },
      { record: 2, problem: 'a member is not an input of the model' },
    ]);
  });

  it('are read no further than the limit', async () => {
    let sent = 0;
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        sent += 10_000;
        controller.enqueue(new Uint8Array(10_000).fill(0x20));
      },
    });
    const init = {
      method: 'POST',
      body,
      duplex: 'half',
      headers: { 'content-type': 'application/json' },
    } as RequestInit;
    const response = await service.fetch(new Request('http://localhost/v1/predict', init));
    expect(response.status).toBe(413);
    expect(sent).toBeLessThan(1_100_000);
  });

  it('come back as CSV and as lines of JSON', async () => {
    const csv = await service.fetch(predictRequest([sampleRecord, sampleRecord], { accept: 'text/csv' }));
    expect(csv.headers.get('content-type')).toBe('text/csv; charset=utf-8');
    const lines = (await csv.text()).trimEnd().split('\n');
    expect(lines[0]).toBe('prediction,probability_no,probability_yés,problem');
    expect(lines).toHaveLength(3);
    const ndjson = await service.fetch(
      predictRequest([sampleRecord], { accept: 'application/x-ndjson, text/csv;q=0.5' }),
    );
    expect(JSON.parse(await ndjson.text())).toHaveProperty('prediction');
  });
});

describe('explanations', () => {
  it('are what the model has for them, in the order of the records', async () => {
    const explain = async (records: readonly Readonly<Record<string, unknown>>[]) =>
      records.map(({ tenure }) => ({ contributions: [{ column: 'tenure', value: Number(tenure) }] }));
    await using own = await createService({ ...model, explain }, { workers: 1 });
    const response = await own.fetch(predictRequest([{ tenure: 1 }, { tenure: 2 }], {}, '/v1/predict?explain=1'));
    expect(((await response.json()) as { predictions: unknown[] }).predictions).toMatchObject([
      { explanation: { contributions: [{ column: 'tenure', value: 1 }] } },
      { explanation: { contributions: [{ column: 'tenure', value: 2 }] } },
    ]);
  });
});

describe('streams', () => {
  const stream = (text: string, type: string, accept = '*/*'): Request =>
    predictRequest(text, { 'content-type': type, accept });

  it('of NDJSON are answered line by line, each problem in its line', async () => {
    await using direct = await loadModel(model.bytes);
    const records = Array.from({ length: 1500 }, (_, i) => ({ ...sampleRecord, tenure: i }));
    const lines = records.map((record) => JSON.stringify(record));
    lines[700] = '{broken';
    lines[701] = '{"usage":true}';
    lines[1400] = '[]';
    const response = await service.fetch(stream(`${lines.join('\n')}\n\n`, 'application/x-ndjson'));
    const answers = (await response.text())
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { problem?: string });
    expect(answers).toHaveLength(1500);
    expect(answers[700]).toEqual({ problem: 'the line is not valid JSON within the limit of nesting', record: 700 });
    expect(answers[701]?.problem).toMatch(/^"usage": expected a finite number/);
    expect(answers[1400]?.problem).toBe('expected an object by column name');
    const good = records.filter((_, i) => ![700, 701, 1400].includes(i));
    expect(answers.filter(({ problem }) => problem === undefined)).toEqual(await direct.predict(good));
  });

  it('of CSV are answered as CSV', async () => {
    const response = await service.fetch(
      stream('tenure,plan\r\n1,basic\r\n,"a b"\r\nmany,basic\r\n', 'text/csv; header=present'),
    );
    const [header, ...lines] = (await response.text()).trimEnd().split('\n');
    expect(header).toBe('prediction,probability_no,probability_yés,problem');
    expect(lines).toHaveLength(3);
    expect(lines[1]).toMatch(/^(no|yés),0\.\d+,0\.\d+,$/);
    expect(lines[2]).toMatch(/^,,,"""tenure"": expected a finite number/);
  });

  it.each([
    [
      'whose header has a column that the model does not have',
      'tenure,other\n1,2\n',
      'the header does not fit: 1 of its columns are not inputs',
    ],
    ['with a quote in the wrong place', 'tenure\n1\n"2"x\n', 'not valid CSV'],
  ])('of CSV %s say so', async (_, text, problem) => {
    expect(await (await service.fetch(stream(text, 'text/csv'))).text()).toContain(problem);
  });

  it('end at a line that is too long', async () => {
    const text = await (
      await service.fetch(stream(`{"usage":1}\n"${'x'.repeat(70_000)}"\n{}\n`, 'application/x-ndjson'))
    ).text();
    expect(text.trimEnd().split('\n')).toHaveLength(2);
    expect(text).toContain('longer than 65536 bytes');
  });

  it('are read no faster than their answers are taken', async () => {
    let sent = 0;
    const chunk = new TextEncoder().encode(`${JSON.stringify(sampleRecord)}\n`.repeat(256));
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        sent++;
        controller.enqueue(chunk);
      },
    });
    const init = {
      method: 'POST',
      body,
      duplex: 'half',
      headers: { 'content-type': 'application/x-ndjson' },
    } as RequestInit;
    const response = await service.fetch(new Request('http://localhost/v1/predict', init));
    const reader = response.body!.getReader();
    await reader.read();
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(sent).toBeLessThan(10);
    await reader.cancel();
  });
});
