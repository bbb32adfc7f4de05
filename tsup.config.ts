import { defineConfig } from 'tsup';

const shared = {
  format: ['esm'] as ['esm'],
  target: 'node20',
  platform: 'node' as const,
  splitting: true,
  sourcemap: false,
  treeshake: true,
  // tsup leaves dependencies and peers outside the bundle, but not optional dependencies.
  external: ['onnxruntime-node'],
};

export default defineConfig([
  {
    ...shared,
    clean: true,
    entry: {
      index: 'src/index.ts',
      testing: 'src/testing/index.ts',
      openai: 'src/llm/openai.ts',
      anthropic: 'src/llm/anthropic.ts',
      'ai-sdk': 'src/llm/ai-sdk.ts',
      'llama-cpp': 'src/llm/llama-cpp.ts',
      opentelemetry: 'src/opentelemetry.ts',
      engine: 'src/backends/engine.ts',
      'engine-web': 'src/backends/engine-web.ts',
      tfjs: 'src/backends/tfjs/index.ts',
      remote: 'src/backends/remote/index.ts',
      serve: 'src/serve.ts',
      cli: 'src/cli/main.ts',
      // Entry points of child processes and threads; `core/helpers/entry-url.ts` finds them beside the caller.
      child: 'src/child/main.ts',
      'predict-child': 'src/backends/onnx/predict-child.ts',
      'csv-thread': 'src/tools/data/csv/csv-thread.ts',
      'trees-thread': 'src/tools/learn/trees/trees-thread.ts',
    },
  },
  // Types take twenty times as long as the code, and the tests do not read them.
  ...(process.env.TSUP_CODE_ONLY === '1'
    ? []
    : [
        {
          entry: {
            index: 'src/index.ts',
            testing: 'src/testing/index.ts',
            opentelemetry: 'src/opentelemetry.ts',
            engine: 'src/backends/engine.ts',
            'engine-web': 'src/backends/engine-web.ts',
            tfjs: 'src/backends/tfjs/index.ts',
            remote: 'src/backends/remote/index.ts',
            openai: 'src/llm/openai.ts',
            anthropic: 'src/llm/anthropic.ts',
            'ai-sdk': 'src/llm/ai-sdk.ts',
            serve: 'src/serve.ts',
            'llama-cpp': 'src/llm/llama-cpp.ts',
          },
          format: ['esm'] as ['esm'],
          dts: { only: true },
        },
      ]),
]);
