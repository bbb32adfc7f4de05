import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));
const { paths } = JSON.parse(readFileSync(join(root, 'tsconfig.json'), 'utf8')).compilerOptions;
const entries = Object.entries(paths as Record<string, [string]>).map(([name, [file]]) => [name, file] as const);
const { exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

const printer = ts.createPrinter({ removeComments: true });
const trees = new Map<string, ts.SourceFile>();
const treeOf = (file: string): ts.SourceFile => {
  const known = trees.get(file);
  if (known !== undefined) return known;
  const tree = ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.ES2023, true);
  trees.set(file, tree);
  return tree;
};

type Declared = { readonly file: string; readonly node: ts.Node };

/** What a file exports, by name, followed to where it is declared. */
function exportsOf(file: string): ReadonlyMap<string, Declared> {
  const found = new Map<string, Declared>();
  const imported = new Map<string, [from: string, name: string]>();
  const at = (specifier: ts.Expression): string => resolve(dirname(file), (specifier as ts.StringLiteral).text);
  for (const node of treeOf(file).statements) {
    if (ts.isImportDeclaration(node) && (node.moduleSpecifier as ts.StringLiteral).text.startsWith('.'))
      for (const one of (node.importClause?.namedBindings as ts.NamedImports | undefined)?.elements ?? [])
        imported.set(one.name.text, [at(node.moduleSpecifier), (one.propertyName ?? one.name).text]);
    if (ts.isExportDeclaration(node)) {
      if (node.exportClause === undefined) {
        for (const [name, declared] of exportsOf(at(node.moduleSpecifier!))) found.set(name, declared);
        continue;
      }
      for (const one of (node.exportClause as ts.NamedExports).elements) {
        const name = (one.propertyName ?? one.name).text;
        const [from, original] =
          node.moduleSpecifier === undefined ? (imported.get(name) ?? [file, name]) : [at(node.moduleSpecifier), name];
        const declared = existsSync(from)
          ? from === file
            ? declaredIn(file, original)
            : exportsOf(from).get(original)
          : undefined;
        if (declared === undefined) throw new Error(`${original} of ${from} is not found.`);
        found.set(one.name.text, declared);
      }
    }
    if (ts.canHaveModifiers(node) && ts.getModifiers(node)?.some((one) => one.kind === ts.SyntaxKind.ExportKeyword)) {
      if (ts.isVariableStatement(node))
        for (const one of node.declarationList.declarations) found.set(one.name.getText(), { file, node: one });
      // The first of an overloaded function stands for all.
      else if (!found.has((node as ts.FunctionDeclaration).name!.text))
        found.set((node as ts.FunctionDeclaration).name!.text, { file, node });
    }
  }
  return found;
}

function declaredIn(file: string, name: string): Declared | undefined {
  const node = treeOf(file).statements.find((one) => (one as ts.FunctionDeclaration).name?.text === name);
  return node === undefined ? undefined : { file, node };
}

/** A declaration as its users see it: no bodies, no private members, no comments. */
function surface({ file, node }: Declared): string {
  const visible = ts.transform(node, [
    (context) => (top) => {
      const visit = (one: ts.Node): ts.Node | undefined => {
        if (ts.isClassElement(one) && one.name !== undefined && ts.isPrivateIdentifier(one.name)) return undefined;
        if (ts.isBlock(one) && (ts.isFunctionLike(one.parent) || one.parent === undefined)) return undefined;
        if (ts.isFunctionDeclaration(one))
          return context.factory.updateFunctionDeclaration(
            one,
            one.modifiers,
            one.asteriskToken,
            one.name,
            one.typeParameters,
            one.parameters,
            one.type,
            undefined,
          );
        if (ts.isMethodDeclaration(one))
          return context.factory.updateMethodDeclaration(
            one,
            one.modifiers,
            one.asteriskToken,
            one.name,
            one.questionToken,
            one.typeParameters,
            one.parameters,
            one.type,
            undefined,
          );
        if (ts.isVariableDeclaration(one) && one.type !== undefined)
          return context.factory.updateVariableDeclaration(one, one.name, undefined, one.type, undefined);
        return ts.visitEachChild(one, visit, context);
      };
      return visit(top)!;
    },
  ]).transformed[0]!;
  return printer.printNode(ts.EmitHint.Unspecified, visible, treeOf(file));
}

const docOf = ({ node }: Declared): string => {
  const holder = ts.isVariableDeclaration(node) ? node.parent.parent : node;
  return ts
    .getJSDocCommentsAndTags(holder)
    .map((one) => one.getText())
    .join('');
};

it('has an entry for every subpath of the package', () => {
  const subpaths = Object.keys(exports).filter((name) => name !== './package.json');
  expect(entries.map(([name]) => name.replace('traineragent', '.')).toSorted()).toEqual(subpaths.toSorted());
});

describe.each(entries)('%s', (name, file) => {
  const declared = [...exportsOf(resolve(root, file))].toSorted(([a], [b]) => (a < b ? -1 : 1));

  it('exports what it did (`npx vitest run test/api.test.ts -u` after a change that is meant)', async () => {
    const text = declared.map(([, one]) => surface(one)).join('\n\n');
    await expect(`${text}\n`).toMatchFileSnapshot(`fixtures/api/${name.replaceAll('/', '-')}.txt`);
  });

  it('documents each of its exports', () => {
    expect(declared.filter(([, one]) => docOf(one).length < 15).map(([id]) => id)).toEqual([]);
  });
});
