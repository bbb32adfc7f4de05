/**
 * Finds the file that a child process or a thread starts from.
 *
 * Built, every entry point and shared chunk lies flat in `dist/`, so the entry is beside the caller's file. From the
 * sources (tests), it is in the `dist/` that the test set-up has built, because Node does not run TypeScript.
 */
export function entryUrl(name: 'child' | 'predict-child' | 'csv-thread' | 'trees-thread'): URL {
  const fromSources = import.meta.url.endsWith('.ts');
  return new URL(fromSources ? `../../../dist/${name}.js` : `./${name}.js`, import.meta.url);
}
