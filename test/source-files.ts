import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import ts from 'typescript';

/** One import of a source file. */
export interface Import {
  /** Path below `src/` for our own files, name for packages, `node:…` for Node's. */
  readonly to: string;
  readonly kind: 'type' | 'static' | 'dynamic';
  readonly isOurs: boolean;
}

/** A parsed file below `src/`. */
export interface SourceFile {
  /** Path below `src/`. */
  readonly path: string;
  readonly lines: number;
  readonly imports: readonly Import[];
  readonly tree: ts.SourceFile;
}

const source = resolve(import.meta.dirname, '../src');

/** All TypeScript of `src/` but the kernels, which are AssemblyScript. */
export function readSources(): ReadonlyMap<string, SourceFile> {
  const files = new Map<string, SourceFile>();
  for (const entry of readdirSync(source, { recursive: true, withFileTypes: true })) {
    const file = join(entry.parentPath, entry.name);
    const path = relative(source, file);
    if (!entry.isFile() || !path.endsWith('.ts') || path.startsWith('tools/learn/trees/assembly/')) continue;
    const text = readFileSync(file, 'utf8');
    const tree = ts.createSourceFile(file, text, ts.ScriptTarget.ES2023, true);
    files.set(path, { path, lines: text.split('\n').length - 1, imports: importsOf(tree, file), tree });
  }
  return files;
}

/** Calls `visit` for every node of a tree. */
export function walk(node: ts.Node, visit: (node: ts.Node) => void): void {
  visit(node);
  ts.forEachChild(node, (child) => walk(child, visit));
}

function importsOf(tree: ts.SourceFile, file: string): Import[] {
  const imports: Import[] = [];
  const add = (specifier: ts.Node | undefined, kind: Import['kind']) => {
    if (specifier === undefined || !ts.isStringLiteralLike(specifier)) return;
    const isOurs = specifier.text.startsWith('.');
    const to = isOurs ? relative(source, resolve(dirname(file), specifier.text)) : packageName(specifier.text);
    imports.push({ to, kind, isOurs });
  };
  walk(tree, (node) => {
    if (ts.isImportDeclaration(node)) {
      const clause = node.importClause;
      const named = clause?.namedBindings;
      const onlyTypes =
        clause?.isTypeOnly === true ||
        (clause !== undefined &&
          clause.name === undefined &&
          named !== undefined &&
          ts.isNamedImports(named) &&
          named.elements.every((element) => element.isTypeOnly));
      add(node.moduleSpecifier, onlyTypes ? 'type' : 'static');
    } else if (ts.isExportDeclaration(node)) {
      const clause = node.exportClause;
      const onlyTypes =
        node.isTypeOnly ||
        (clause !== undefined && ts.isNamedExports(clause) && clause.elements.every((element) => element.isTypeOnly));
      add(node.moduleSpecifier, onlyTypes ? 'type' : 'static');
    } else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) {
      add(node.argument.literal, 'type');
    } else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
      add(node.arguments[0], 'dynamic');
    }
  });
  return imports;
}

function packageName(specifier: string): string {
  if (specifier.startsWith('node:')) return specifier;
  const parts = specifier.split('/');
  return specifier.startsWith('@') ? parts.slice(0, 2).join('/') : parts[0]!;
}
