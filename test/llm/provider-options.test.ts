import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { anthropic } from '../../src/llm/anthropic.ts';
import { openai } from '../../src/llm/openai.ts';
import { peerMissing } from '../../src/llm/peer-missing.ts';
import { retryAfterMs } from '../../src/llm/retrying.ts';

afterEach(() => {
  vi.unstubAllEnvs();
});

describe.each([
  ['openai()', openai, 'OPENAI_API_KEY'],
  ['anthropic()', anthropic, 'ANTHROPIC_API_KEY'],
] as const)('%s', (what, make, variable) => {
  it('takes its key from the environment, and says so where there is none', () => {
    vi.stubEnv(variable, '');
    expect(() => make({ model: 'm' })).toThrow(variable);
    vi.stubEnv(variable, 'sk-test');
    expect(make({ model: 'm' }).name).toBe(`${what.slice(0, -2)}:m`);
    expect(JSON.stringify(make({ model: 'm' }))).not.toContain('sk-test');
  });

  it.each<[object, RegExp]>([
    [{ model: '' }, /name of a model/],
    [{ model: 'm', baseURL: 'ftp://host' }, /baseURL to begin with http/],
    [{ model: 'm', timeoutMs: 0 }, /timeoutMs/],
    [{ model: 'm', maxRetries: 50 }, /maxRetries/],
    [{ model: 'm', maxOutputTokens: 1.5 }, /maxOutputTokens/],
  ])('refuses %j', (options, message) => {
    expect(() => make({ apiKey: 'k', ...options } as never)).toThrow(message);
  });
});

describe('structured output of Anthropic', () => {
  it.each([
    ['claude-3-5-haiku-20241022', 'tool'],
    ['claude-3-opus-latest', 'tool'],
    ['claude-sonnet-4-20250514', 'tool'],
    ['claude-opus-4-1-20250805', 'tool'],
    ['claude-sonnet-4-5', 'native'],
    ['claude-haiku-4-5-20251001', 'native'],
    ['claude-opus-4-8', 'native'],
    ['claude-sonnet-5', 'native'],
  ] as const)('of %s is by %s', (model, kind) => {
    expect(anthropic({ model, apiKey: 'k' }).capabilities.structuredOutput).toBe(kind);
  });
});

describe('a package that is not there', () => {
  it('is told with the line to type', () => {
    const folder = mkdtempSync(join(tmpdir(), 'peer-'));
    mkdirSync(join(folder, 'node_modules'));
    writeFileSync(join(folder, 'a.mjs'), "import('openai').catch((error) => console.log(error.code));");
    // What Node says, in a folder without the package.
    expect(execFileSync(process.execPath, ['a.mjs'], { cwd: folder, encoding: 'utf8' }).trim()).toBe(
      'ERR_MODULE_NOT_FOUND',
    );
    const error = peerMissing('openai', Object.assign(new Error('x'), { code: 'ERR_MODULE_NOT_FOUND' }));
    expect(error).toMatchObject({
      code: 'PEER_MISSING',
      message: 'Expected the package openai to be installed. Type: npm install openai',
    });
    expect(peerMissing('openai', new SyntaxError('Unexpected token')).message).toContain(
      'to load, but: Unexpected token',
    );
  });
});

describe('retry-after', () => {
  const now = Date.UTC(2026, 0, 1);
  it.each<[Record<string, string>, number | undefined]>([
    [{}, undefined],
    [{ 'retry-after': '7' }, 7000],
    [{ 'retry-after': '0.5' }, 500],
    [{ 'retry-after': 'Thu, 01 Jan 2026 00:00:20 GMT' }, 20_000],
    [{ 'retry-after': 'Wed, 31 Dec 2025 00:00:00 GMT' }, 0],
    [{ 'retry-after': '-5' }, undefined],
    [{ 'retry-after': 'soon' }, undefined],
    [{ 'retry-after': '9', 'retry-after-ms': '250' }, 250],
  ])('of %j is %s ms', (headers, expected) => {
    expect(retryAfterMs(new Headers(headers), now)).toBe(expected);
  });
});
