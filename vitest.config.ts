import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const source = (path: string) => fileURLToPath(new URL(`./src/${path}`, import.meta.url));

export default defineConfig({
  resolve: {
    alias: {
      'traineragent/testing': source('testing/index.ts'),
      'traineragent/opentelemetry': source('opentelemetry.ts'),
      'traineragent/engine-web': source('backends/engine-web.ts'),
      'traineragent/engine': source('backends/engine.ts'),
      'traineragent/openai': source('llm/openai.ts'),
      'traineragent/tfjs': source('backends/tfjs/index.ts'),
      'traineragent/remote': source('backends/remote/index.ts'),
      'traineragent/serve': source('serve.ts'),
      'traineragent/anthropic': source('llm/anthropic.ts'),
      'traineragent/ai-sdk': source('llm/ai-sdk.ts'),
      'traineragent/llama-cpp': source('llm/llama-cpp.ts'),
      traineragent: source('index.ts'),
      // Both versions of the peer: 7 needs Node 22, so test/interop/openai-7.test.ts runs the tests of the wire with it in a child.
      ...(process.env.TRAINERAGENT_OPENAI === '7' ? { openai: 'openai-7' } : {}),
    },
  },
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/interop/**'],
    globalSetup: ['test/global-setup.ts'],
    pool: 'forks',
    // Each test that trains keeps two processes busy; more workers than two would only wait for each other.
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
