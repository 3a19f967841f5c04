import { type Expression, type Node, type Program, type Property, parse, type SpreadElement } from 'acorn';
import { depthLimit } from '../../config/document.ts';
import type { Source } from '../../config/source.ts';
import type { Diagnostic } from '../../domain/diagnostic.ts';
import type { Path } from '../../domain/issue.ts';
import type { Entry, OpaqueTree, Spot, Tree } from './tree.ts';

type Walk = {
  readonly source: Source;
  /** How many characters stand before the text that was parsed. */
  readonly shift: number;
  /** Constants of the file that hold nothing but data. */
  readonly constants: ReadonlyMap<string, Expression>;
  budget: number;
};

/** Values that constants may add to what is written. */
const valueBudget = 100_000;

/** JSON, also with comments and trailing commas, as editors keep it: that is an expression of JavaScript. Nothing is run. */
export const toJsonTree = (source: Source): Tree | readonly Diagnostic[] => {
  const program = parseProgram(source, `(${source.text}\n)`, 1);
  if (!('type' in program)) return program;
  const [statement, ...rest] = program.body;
  const walk: Walk = { source, shift: 1, constants: new Map(), budget: valueBudget };
  if (statement?.type !== 'ExpressionStatement' || rest.length > 0)
    return [problem(source, 0, 'this is no JSON', 'write one value')];
  return convert(walk, statement.expression, []);
};

/**
 * What a JavaScript file exports (`module.exports = …` or `export default …`), read as data: literals, and constants that hold
 * literals. The file is not run, so that whatever is computed in it is a place without a value.
 */
export const toJsTree = (source: Source): Tree | readonly Diagnostic[] => {
  const program = parseProgram(source, source.text, 0);
  if (!('type' in program)) return program;
  const exported = findExported(program);
  if (exported === null) {
    const hint = 'write module.exports = {…}, or export default {…}; or import its JSON';
    return [problem(source, 0, 'nothing is exported that could be read without running the file', hint)];
  }
  return convert({ source, shift: 0, constants: findConstants(program), budget: valueBudget }, exported, []);
};

const parseProgram = (source: Source, text: string, shift: number): Program | readonly Diagnostic[] => {
  try {
    return parse(text, { ecmaVersion: 'latest', sourceType: 'module', allowHashBang: true });
  } catch (error) {
    // It looks at nested values by calling itself.
    if (error instanceof RangeError)
      return [problem(source, 0, `nesting is deeper than ${depthLimit} levels`, 'write it flatter')];
    if (!(error instanceof SyntaxError)) throw error;
    const at = 'pos' in error && typeof error.pos === 'number' ? error.pos - shift : 0;
    return [
      problem(source, Math.max(0, Math.min(at, source.text.length)), error.message.replace(/ \(\d+:\d+\)$/, ''), 'mend the file'),
    ];
  }
};

const problem = (source: Source, offset: number, message: string, hint: string): Diagnostic => ({
  severity: 'error',
  code: 'wrong-type',
  file: source.file,
  ...source.position(offset),
  message,
  hint,
});

const findExported = ({ body }: Program): Expression | null => {
  for (const statement of body.toReversed()) {
    if (statement.type === 'ExportDefaultDeclaration' && !statement.declaration.type.endsWith('Declaration'))
      return statement.declaration as Expression;
    if (statement.type !== 'ExpressionStatement' || statement.expression.type !== 'AssignmentExpression') continue;
    const { left, right } = statement.expression;
    if (left.type === 'MemberExpression' && left.object.type === 'Identifier' && left.object.name === 'module') return right;
  }
  return null;
};

const findConstants = ({ body }: Program): ReadonlyMap<string, Expression> =>
  new Map(
    body.flatMap((statement): [string, Expression][] => {
      if (statement.type !== 'VariableDeclaration' || statement.kind !== 'const') return [];
      return statement.declarations.flatMap(({ id, init }): [string, Expression][] =>
        id.type === 'Identifier' && init !== null && init !== undefined ? [[id.name, init]] : [],
      );
    }),
  );

const spotAt = ({ source, shift }: Walk, node: Node, path: Path): Spot => ({
  path,
  at: { file: source.file, folder: source.root, ...source.position(Math.max(0, node.start - shift)) },
});

const opaque = (spot: Spot, why: string): OpaqueTree => ({ ...spot, kind: 'opaque', why, tag: null });

const computed = 'it is computed by code, which is not run';

const convert = (walk: Walk, node: Expression | SpreadElement, path: Path): Tree => {
  const spot = spotAt(walk, node, path);
  if (path.length > depthLimit) return opaque(spot, `it is nested deeper than ${depthLimit} levels`);
  if ((walk.budget -= 1) < 0) return opaque(spot, 'there are more values than any such file has');
  switch (node.type) {
    case 'ObjectExpression':
      return { ...spot, kind: 'map', tag: null, entries: node.properties.map((property) => toEntry(walk, property, path)) };
    case 'ArrayExpression':
      return {
        ...spot,
        kind: 'list',
        tag: null,
        items: node.elements.flatMap((item, index) => (item === null ? [] : [convert(walk, item, [...path, index])])),
      };
    case 'Identifier':
      return toNamed(walk, node.name, path, spot);
    default:
      return toScalar(node, spot);
  }
};

/** `__dirname` is the folder of the file, which all of its relative paths start from. */
const toNamed = (walk: Walk, name: string, path: Path, spot: Spot): Tree => {
  if (name === '__dirname') return { ...spot, kind: 'scalar', tag: null, value: '.', source: '.' };
  if (name === 'undefined') return { ...spot, kind: 'scalar', tag: null, value: null, source: '' };
  const constant = walk.constants.get(name);
  if (constant === undefined) return opaque(spot, computed);
  // A constant that holds itself would never end; one that is not there any more is computed.
  const constants = new Map(walk.constants);
  constants.delete(name);
  const inner: Walk = { ...walk, constants };
  const tree = convert(inner, constant, path);
  walk.budget = inner.budget;
  return tree;
};

const toScalar = (node: Expression | SpreadElement, spot: Spot): Tree => {
  const value = literalOf(node);
  if (value === undefined) return opaque(spot, computed);
  if (typeof value === 'string' && value.includes('\0')) return opaque(spot, 'it holds a NUL character');
  return { ...spot, kind: 'scalar', tag: null, value, source: value === null ? '' : String(value) };
};

/** Undefined: it is none. */
const literalOf = (node: Expression | SpreadElement): string | number | boolean | null | undefined => {
  if (node.type === 'Literal') {
    const { value } = node;
    return value === null || typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
      ? value
      : undefined;
  }
  if (node.type === 'TemplateLiteral' && node.expressions.length === 0) return node.quasis[0]?.value.cooked ?? undefined;
  if (
    node.type === 'UnaryExpression' &&
    node.operator === '-' &&
    node.argument.type === 'Literal' &&
    typeof node.argument.value === 'number'
  )
    return -node.argument.value;
  return undefined;
};

const toEntry = (walk: Walk, property: Property | SpreadElement, path: Path): Entry => {
  if (property.type === 'SpreadElement') {
    const spot = spotAt(walk, property, [...path, '...']);
    return { ...spot, key: '...', value: opaque(spot, computed) };
  }
  const { key, value } = property;
  const name = property.computed
    ? null
    : key.type === 'Identifier'
      ? key.name
      : key.type === 'Literal'
        ? String(key.value)
        : null;
  const spot = spotAt(walk, property, [...path, name ?? '?']);
  if (name === null || property.kind !== 'init') return { ...spot, key: name ?? '?', value: opaque(spot, computed) };
  return { ...spot, key: name, value: convert(walk, value, spot.path) };
};
