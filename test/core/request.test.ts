import { describe, expect, it } from 'vitest';
import { checkRequest, type RunRequest } from '../../src/core/request.ts';

describe('a request', () => {
  it('needs nothing, and takes its defaults', () => {
    expect(checkRequest({})).toEqual({ prompt: '', budget: 'normal', seed: 0 });
  });

  it('takes data in any of their forms, and leaves them alone', () => {
    const async = (async function* () {})();
    for (const data of ['a.csv', new URL('file:///a.csv'), [{ a: 1 }], new Set([{ a: 1 }]), async]) {
      expect(checkRequest({ data })).not.toHaveProperty('data');
    }
  });

  const source = (name: string, got: string) =>
    `Expected ${name} to be a path, a file URL, an array of records or an (async) iterable of records, got ${got}.`;
  it.each<[unknown, string]>([
    [undefined, 'Expected a valid request, but it: Invalid input: expected object, received undefined.'],
    [null, 'Expected a valid request, but it: Invalid input: expected object, received null.'],
    ['a.csv', 'Expected a valid request, but it: Invalid input: expected object, received string.'],
    [{ promt: 'x' }, 'Expected a valid request, but it: Unrecognized key: "promt".'],
    [{ prompt: 5 }, 'Expected a valid request, but prompt: Invalid input: expected string, received number.'],
    [
      { prompt: 'x'.repeat(20_001) },
      'Expected a valid request, but prompt: Too big: expected string to have <=20000 characters.',
    ],
    [{ seed: -1 }, 'Expected a valid request, but seed: Too small: expected number to be >=0.'],
    [{ seed: 0.5 }, 'Expected a valid request, but seed: Invalid input: expected int, received number.'],
    [{ budget: 'endless' }, 'Expected a valid request, but budget: Invalid input.'],
    [
      { budget: { workUnits: 0 } },
      'Expected a valid request, but budget.workUnits: Too small: expected number to be >0.',
    ],
    [{ maxSeconds: 0 }, 'Expected a valid request, but maxSeconds: Too small: expected number to be >0.'],
    [{ maxRows: 1.5 }, 'Expected a valid request, but maxRows: Invalid input: expected int, received number.'],
    [
      { task: { task: 'forecast' } },
      'Expected a valid request, but task.task: Invalid option: expected one of "binary"|"multiclass"|"regression".',
    ],
    [{ task: { goal: 'x' } }, 'Expected a valid request, but task: Unrecognized key: "goal".'],
    [{ answers: { q: () => 1 } }, 'Expected a valid request, but answers.q: Invalid input.'],
    [{ signal: {} }, 'Expected a valid request, but signal: Invalid input: expected AbortSignal, received object.'],
    [{ runId: 5 }, 'Expected a valid request, but runId: Invalid input: expected string, received number.'],
    [{ data: 5 }, source('data', 'number')],
    [{ data: null }, source('data', 'null')],
    [{ data: { a: [1] } }, source('data', 'object')],
    [{ testData: () => [] }, source('testData', 'function')],
    [
      { data: new URL('https://example.org/a.csv') },
      source('data', 'a URL of protocol "https:" (read it yourself and pass records)'),
    ],
  ])('is refused at the door, with what was expected and what came: %#', (request, message) => {
    expect(() => checkRequest(request as RunRequest)).toThrow(
      expect.objectContaining({ code: 'REQUEST_INVALID', message }),
    );
  });
});
