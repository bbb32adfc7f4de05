import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { expect, it } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** What the compiler counts for a program of these files, with the options of the repository. */
function compiled(files: readonly string[]): { readonly errors: readonly string[]; readonly instantiations: number } {
  const { config } = ts.readConfigFile(`${root}tsconfig.json`, ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, root);
  const program = ts.createProgram({
    rootNames: files.map((file) => fileURLToPath(new URL(file, import.meta.url))),
    options: { ...options, noEmit: true, incremental: false, types: ['node'], skipLibCheck: true },
  });
  const errors: string[] = [];
  for (const file of program.getSourceFiles().filter(({ fileName }) => fileName.includes('/test/types/')))
    for (const { messageText } of [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)])
      errors.push(ts.flattenDiagnosticMessageText(messageText, '\n'));
  return { errors, instantiations: program.getInstantiationCount() };
}

it('an app with three plug-ins, whose events, deciders and predictions are typed, costs the compiler at most 50,000 instantiations', () => {
  const { errors, instantiations } = compiled(['three-plug-ins.ts']);
  expect(errors).toEqual([]);
  // What `tsc --extendedDiagnostics` calls by this name; it was 12,000 when this was written.
  expect(instantiations).toBeGreaterThan(1_000);
  expect(instantiations).toBeLessThanOrEqual(50_000);
});
