import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { readSources, type SourceFile, walk } from './source-files.ts';

const files = readSources();

/** Who may import what of ours: patterns of paths below `src/`, for values and, where more is open to them, for types. */
const rules: readonly {
  readonly who: string;
  readonly from: RegExp;
  readonly values: readonly RegExp[];
  readonly types: readonly RegExp[];
}[] = [
  {
    who: 'errors and pure helpers',
    from: /^core\/(errors\.ts|helpers\/)/,
    values: [/^core\/(errors\.ts|version\.ts|helpers\/)/],
    types: [],
  },
  {
    who: 'onnx',
    from: /^onnx\//,
    values: [/^onnx\//, /^core\/(errors\.ts|helpers\/)/],
    types: [/^core\/task-spec\.ts$/],
  },
  { who: 'llm', from: /^llm\//, values: [/^llm\//, /^core\/(errors\.ts|helpers\/)/], types: [/^core\//] },
  {
    who: 'backends',
    from: /^backends\//,
    values: [/^backends\//, /^onnx\//, /^core\/(errors\.ts|helpers\/)/],
    types: [/^core\//],
  },
  {
    who: 'tools',
    from: /^tools\//,
    values: [/^tools\//, /^onnx\//, /^core\/(errors\.ts|helpers\/|task-spec\.ts|metric-scope\.ts|search-metric\.ts)/],
    types: [/^core\//, /^backends\/backend\.ts$/],
  },
  {
    who: 'core',
    from: /^core\//,
    values: [/^core\//, /^llm\/(language-model|ask-model|model-error)\.ts$/],
    types: [/^tools\//],
  },
  {
    who: 'agents',
    from: /^agents\//,
    values: [/^agents\//, /^core\//, /^tools\//],
    types: [/^llm\/language-model\.ts$/, /^backends\/backend\.ts$/],
  },
  {
    who: 'server',
    from: /^server\//,
    values: [/^server\//, /^tools\/(serve|artefact|data\/csv)\//, /^core\/(errors\.ts|helpers\/|version\.ts)/],
    types: [/^onnx\//, /^backends\/backend\.ts$/],
  },
  {
    who: 'testing',
    from: /^testing\//,
    values: [/^testing\//, /^core\//, /^llm\//, /^backends\/network\//, /^tools\/(evaluate|learn)\//, /^onnx\//],
    types: [/^agents\//, /^tools\//, /^backends\/backend\.ts$/],
  },
];

/** The composition root: it puts the rooms together, so it may know all of them. */
const rootFiles = new Set([
  'index.ts',
  'trainer.ts',
  'trainer-outcome.ts',
  'start.ts',
  'drift-proposal.ts',
  'finish.ts',
  'forked-run.ts',
  'opentelemetry.ts',
  'evaluate-model.ts',
  'judge-models.ts',
  'run-plan.ts',
  'load-model.ts',
  'convert.ts',
  'serve.ts',
  'host-workbench.ts',
]);
/** Verification puts the rooms together too: it runs the stages again on a journal. */
const root = { has: (path: string) => rootFiles.has(path) || path.startsWith('verify/') };

const matches = (patterns: readonly RegExp[], path: string) => patterns.some((pattern) => pattern.test(path));

describe('who may import whom', () => {
  it.each(rules)('$who', ({ from, values, types }) => {
    const broken = [...files.values()]
      .filter(({ path }) => from.test(path))
      .flatMap(({ path, imports }) =>
        imports
          .filter(({ isOurs, to, kind }) => isOurs && !matches(values, to) && !(kind === 'type' && matches(types, to)))
          .map(({ to, kind }) => `${path} → ${to} (${kind})`),
      );
    expect(broken).toEqual([]);
  });

  it('every file is in a room that has a rule, in the composition root, or an entry point', () => {
    const homeless = [...files.keys()].filter(
      (path) => !root.has(path) && !rules.some(({ from }) => from.test(path)) && !/^(cli|child|verify)\//.test(path),
    );
    expect(homeless).toEqual([]);
  });

  it('nobody imports the trainer but the package’s entry and the command line', () => {
    const importers = [...files.values()]
      .filter(({ imports }) => imports.some(({ to, kind }) => to === 'trainer.ts' && kind !== 'type'))
      .map(({ path }) => path);
    expect(importers.filter((path) => path !== 'index.ts' && !path.startsWith('cli/'))).toEqual([]);
  });

  it('nobody below the composition root imports it', () => {
    const broken = [...files.values()]
      .filter(({ path }) => !root.has(path) && !/^(cli|verify)\//.test(path))
      .flatMap(({ path, imports }) => imports.filter(({ to }) => root.has(to)).map(({ to }) => `${path} → ${to}`));
    expect(broken).toEqual([]);
  });

  it('no import goes round in a circle', () => {
    const done = new Set<string>();
    const circles: string[] = [];
    const visit = (path: string, trail: readonly string[]) => {
      if (trail.includes(path)) circles.push([...trail.slice(trail.indexOf(path)), path].join(' → '));
      if (done.has(path) || trail.includes(path)) return;
      for (const { to, kind, isOurs } of files.get(path)?.imports ?? []) {
        if (isOurs && kind === 'static') visit(to, [...trail, path]);
      }
      done.add(path);
    };
    for (const path of files.keys()) visit(path, []);
    expect(circles).toEqual([]);
  });

  it('every import of ours names a file that is there', () => {
    const missing = [...files.values()].flatMap(({ path, imports }) =>
      imports
        .filter(({ isOurs, to }) => isOurs && !files.has(to) && !/\.(js|json)$/.test(to))
        .map(({ to }) => `${path} → ${to}`),
    );
    expect(missing).toEqual([]);
  });
});

describe('packages', () => {
  /** Loaded with the library; everything else waits until it is needed. */
  const light = new Set(['zod', 'eventemitter3']);
  /** Static imports that are small and behind an entry of their own, or reached by a dynamic import alone. */
  const places: readonly (readonly [string, RegExp])[] = [
    ['csv-parse', /^tools\/data\//],
    ['hyparquet', /^tools\/data\//],
    ['hyparquet-compressors', /^tools\/data\//],
    ['vega', /^tools\/report\/render-chart\.ts$/],
    ['vega-lite', /^tools\/report\/render-chart\.ts$/],
    ['onnxruntime-node', /^backends\/onnx\//],
    ['onnxruntime-web', /^backends\/onnx\/web-runtime\.ts$/],
    ['@tensorflow/tfjs', /^backends\/tfjs\//],
    ['pbf', /^onnx\//],
    ['picocolors', /^cli\//],
    ['log-update', /^cli\//],
    ['openai', /^llm\/openai(-\w+)?\.ts$/],
    ['@anthropic-ai/sdk', /^llm\/anthropic\.ts$/],
    ['node-llama-cpp', /^llm\/llama-cpp\.ts$/],
    ['eventemitter3', /^core\/listeners\.ts$/],
    ['fastify', /^(server\/|serve\.ts$)/],
    ['prom-client', /^server\/metrics\.ts$/],
    ['@opentelemetry/api', /^(server\/tracing|opentelemetry)\.ts$/],
  ];

  it.each(places)('%s is imported in one place', (name, place) => {
    const importers = [...files.values()]
      .filter(({ imports }) => imports.some(({ to }) => to === name))
      .map(({ path }) => path);
    expect(importers.filter((path) => !place.test(path))).toEqual([]);
  });

  it('every other package has its place in this list', () => {
    const known = new Set(['zod', ...places.map(([name]) => name)]);
    const strangers = [...files.values()].flatMap(({ path, imports }) =>
      imports
        .filter(({ isOurs, to }) => !isOurs && !to.startsWith('node:') && !known.has(to))
        .map(({ to }) => `${path} → ${to}`),
    );
    expect(strangers).toEqual([]);
  });

  it('heavy ones are imported when they are needed, not before', () => {
    const heavy = new Set([
      'onnxruntime-node',
      'onnxruntime-web',
      '@tensorflow/tfjs',
      'vega',
      'vega-lite',
      'csv-parse',
      'hyparquet',
      'hyparquet-compressors',
      'log-update',
      'openai',
      '@anthropic-ai/sdk',
      'fastify',
      'prom-client',
      '@opentelemetry/api',
      'node-llama-cpp',
    ]);
    // An entry of its own, of use to nobody without the package.
    const entries = new Set(['opentelemetry.ts']);
    const broken = [...files.values()].flatMap(({ path, imports }) =>
      imports
        .filter(({ to, kind }) => heavy.has(to) && kind === 'static' && !entries.has(path))
        .map(({ to }) => `${path} → ${to}`),
    );
    expect(broken).toEqual([]);
  });

  it('the library’s entry reaches zod and eventemitter3, and no other package', () => {
    const reached = new Set<string>();
    const packages = new Set<string>();
    const visit = (path: string) => {
      if (reached.has(path)) return;
      reached.add(path);
      for (const { to, kind, isOurs } of files.get(path)?.imports ?? []) {
        if (kind !== 'static') continue;
        if (isOurs) visit(to);
        else if (!to.startsWith('node:')) packages.add(to);
      }
    };
    visit('index.ts');
    expect(reached.size).toBeGreaterThan(10);
    expect([...packages].filter((name) => !light.has(name))).toEqual([]);
    // Declarations for plug-ins, which a host needs before anything runs.
    const declarations = new Set([
      'agents/agent.ts',
      'agents/extend-agent.ts',
      'backends/check-backend.ts',
      'backends/origin-of.ts',
      'tools/learn/define-learner.ts',
      'tools/evaluate/define-metric.ts',
    ]);
    expect(
      [...reached].filter((path) => /^(agents|tools|backends|onnx)\//.test(path) && !declarations.has(path)),
    ).toEqual([]);
  });
});

describe('what a model may not depend on', () => {
  /** The banned thing that a node is, if it is one. */
  function banned(node: ts.Node): string | undefined {
    if (ts.isPropertyAccessExpression(node)) {
      const name = `${node.expression.getText()}.${node.name.text}`;
      if (['Math.pow', 'Math.random', 'Date.parse'].includes(name)) return name;
      if (
        [
          'localeCompare',
          'toLocaleString',
          'toLocaleDateString',
          'toLocaleTimeString',
          'toLocaleLowerCase',
          'toLocaleUpperCase',
        ].includes(node.name.text)
      )
        return node.name.text;
    }
    if (ts.isIdentifier(node) && node.text === 'Intl') return 'Intl';
    if (ts.isBinaryExpression(node)) {
      const { kind } = node.operatorToken;
      // Powers of big integers are exact everywhere.
      if (kind === ts.SyntaxKind.AsteriskAsteriskToken && !ts.isBigIntLiteral(node.left)) return '**';
      if (kind === ts.SyntaxKind.AsteriskAsteriskEqualsToken) return '**=';
    }
    // `new Date(text)` is Date.parse by another name; numbers alone are safe.
    if (
      ts.isNewExpression(node) &&
      node.expression.getText() === 'Date' &&
      ts.isStringLiteralLike(node.arguments?.[0] ?? node)
    )
      return 'new Date(text)';
    return undefined;
  }

  it('Math.pow, **, Intl, localeCompare, Date.parse and Math.random are used nowhere', () => {
    const found: string[] = [];
    for (const { path, tree } of files.values()) {
      walk(tree, (node) => {
        const what = banned(node);
        if (what === undefined) return;
        found.push(`${path}:${tree.getLineAndCharacterOfPosition(node.getStart()).line + 1}: ${what}`);
      });
    }
    expect(found).toEqual([]);
  });

  it('the clock is read through the injected one on the way into a model', () => {
    const allowed: Readonly<Record<string, string>> = {
      'tools/learn/trees/fit-trees.ts': 'gives the event loop a turn now and then; no result depends on when',
    };
    const found: string[] = [];
    for (const { path, tree } of files.values()) {
      if (!/^(onnx|tools\/(data|learn|search|evaluate|compress)|agents)\//.test(path) || path in allowed) continue;
      walk(tree, (node) => {
        if (ts.isPropertyAccessExpression(node) && /^(Date|performance)\.now$/.test(node.getText())) found.push(path);
        if (ts.isNewExpression(node) && node.getText() === 'new Date()') found.push(path);
      });
    }
    expect(found).toEqual([]);
  });

  it('no text is ever run', () => {
    const found: string[] = [];
    for (const { path, tree, imports } of files.values()) {
      walk(tree, (node) => {
        const isEval = ts.isCallExpression(node) && node.expression.getText() === 'eval';
        const isFunction =
          (ts.isNewExpression(node) || ts.isCallExpression(node)) && node.expression.getText() === 'Function';
        if (isEval || isFunction) found.push(path);
      });
      if (imports.some(({ to }) => to === 'node:vm')) found.push(`${path} → node:vm`);
    }
    expect(found).toEqual([]);
  });

  it('no answer to a question holds a path, a URL, a command or code', () => {
    const names = /^(path|paths|file|url|uri|href|command|cmd|code|script|shell|exec)$/i;
    const found: string[] = [];
    let questions = 0;
    for (const { path, tree } of files.values()) {
      if (!path.startsWith('agents/')) continue;
      const constants = new Map<string, ts.Node>();
      walk(tree, (node) => {
        if (ts.isVariableDeclaration(node) && ts.isIdentifier(node.name)) constants.set(node.name.text, node);
        if (ts.isFunctionDeclaration(node) && node.name !== undefined) constants.set(node.name.text, node);
      });
      const seen = new Set<ts.Node>();
      /** Looks at the schemas of a node, and at those of the file that it names. */
      const look = (start: ts.Node) => {
        if (seen.has(start)) return;
        seen.add(start);
        walk(start, (node) => {
          if (ts.isIdentifier(node)) {
            const named = constants.get(node.text);
            if (named !== undefined) look(named);
          }
          if (!ts.isCallExpression(node) || !/\bz\.(strictObject|object|looseObject)$/.test(node.expression.getText()))
            return;
          const shape = node.arguments[0];
          if (shape === undefined || !ts.isObjectLiteralExpression(shape)) return;
          for (const { name } of shape.properties) {
            if (name !== undefined && names.test(name.getText())) found.push(`${path}: ${name.getText()}`);
          }
        });
      };
      walk(tree, (node) => {
        if (!ts.isCallExpression(node) || node.expression.getText() !== 'defineQuestion') return;
        questions++;
        const definition = node.arguments[0];
        if (definition === undefined || !ts.isObjectLiteralExpression(definition)) return;
        for (const property of definition.properties) if (property.name?.getText() === 'answer') look(property);
      });
    }
    expect(found).toEqual([]);
    expect(questions).toBeGreaterThan(0);
    expect(questions).toBeLessThanOrEqual(17);
  });
});

describe('files', () => {
  const list = [...files.values()];
  const named = (broken: readonly SourceFile[]) => broken.map(({ path, lines }) => `${path}: ${lines} lines`);

  it('are at most 400 lines long', () => {
    expect(named(list.filter(({ lines }) => lines > 400))).toEqual([]);
  });

  it('are named in kebab-case', () => {
    expect(list.map(({ path }) => path).filter((path) => !/^([a-z0-9-]+\/)*[a-z0-9-]+(\.d)?\.ts$/.test(path))).toEqual(
      [],
    );
  });

  it('export no default but where an entry point needs one, no enum and no namespace', () => {
    const found: string[] = [];
    for (const { path, tree } of list) {
      walk(tree, (node) => {
        if (ts.isEnumDeclaration(node) || ts.isModuleDeclaration(node)) found.push(path);
        if (ts.isExportAssignment(node)) found.push(`${path}: default`);
      });
    }
    expect(found).toEqual([]);
  });
});
