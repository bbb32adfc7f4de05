import { describe, expect, it } from 'vitest';
import { keyFor, parseLlm } from '../../src/cli/llm-option.ts';

describe('--llm', () => {
  it.each<[string | undefined, ReturnType<typeof parseLlm>]>([
    [undefined, undefined],
    ['rules', undefined],
    ['openai:gpt-5-mini', { provider: 'openai', model: 'gpt-5-mini' }],
    ['gguf:my models/qwen3.gguf', { provider: 'gguf', file: '/home/me/my models/qwen3.gguf' }],
    ['anthropic:claude-haiku-4-5', { provider: 'anthropic', model: 'claude-haiku-4-5' }],
    [
      'http://localhost:11434/v1#qwen3:8b',
      { provider: 'compatible', baseURL: 'http://localhost:11434/v1', model: 'qwen3:8b' },
    ],
    [
      'https://openrouter.ai/api/v1/#meta-llama/llama-4',
      { provider: 'compatible', baseURL: 'https://openrouter.ai/api/v1', model: 'meta-llama/llama-4' },
    ],
  ])('%s', (text, choice) => {
    expect(parseLlm(text, '/home/me')).toEqual(choice);
  });

  it.each(['gpt-5', 'openai:', 'http://localhost/v1', 'http://#m', 'http://localhost/v1#', 'gguf:', 'ftp://x#m'])(
    'refuses %s, and says what it takes',
    (text) => {
      expect(() => parseLlm(text, '/home/me')).toThrow(
        `Expected --llm to be rules, openai:NAME, anthropic:NAME, http://HOST/v1#NAME or gguf:FILE, got "${text}".`,
      );
    },
  );

  it.each(['http://user:secret@host/v1#m', 'https://host/v1?key=secret#m'])(
    'refuses a key in an address, and does not repeat it',
    (text) => {
      expect(() => parseLlm(text, '/home/me')).toThrow('Keys come from the environment.');
      expect(() => parseLlm(text, '/home/me')).not.toThrow('secret');
    },
  );
});

describe('a key', () => {
  const environment = { OPENAI_API_KEY: 'of-openai', OPENROUTER_API_KEY: 'of-openrouter' };

  it.each<[string, Record<string, string>, string | undefined]>([
    ['http://localhost:8000/v1', {}, undefined],
    ['https://evil.example/v1', {}, undefined],
    ['https://openrouter.ai/api/v1', {}, 'of-openrouter'],
    ['https://openrouter.ai.evil.example/api/v1', {}, undefined],
    ['http://openrouter.ai/api/v1', {}, undefined],
    ['https://mine.example/v1', { OPENAI_BASE_URL: 'https://mine.example/v1/' }, 'of-openai'],
    ['https://other.example/v1', { OPENAI_BASE_URL: 'https://mine.example/v1/' }, undefined],
  ])('goes to %s only where it is for it', (baseURL, more, key) => {
    expect(keyFor(baseURL, { ...environment, ...more })).toBe(key);
  });
});
