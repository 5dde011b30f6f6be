import { ERROR_CODES, type ErrorCode } from '@ack-secret-manager/core'
import ts from 'typescript'

/** A text for users in a source file. */
export interface SourceMessage {
  /** With `…` for each variable part. */
  readonly text: string
  /** Code of the error that has the text. */
  readonly code?: ErrorCode
  /** Codes of the service or system that lead to the text, as the table of the file has them. */
  readonly remoteCodes: readonly string[]
}

/** Errors whose texts a user sees. A program has other strings with words too: names of tests, help, logs. */
export type ErrorClass = 'SecretSyncError' | 'UsageError' | 'InputError' | 'DeclinedError'

/**
 * The texts in the error tables of a TypeScript source, in its order. A text is a string with at least two words. The end of a
 * sentence that begins with `,` or `;` is no text of its own.
 * @param classes only arguments of these errors. @default every text of the file
 */
export function messagesOf(source: string, classes?: readonly ErrorClass[]): SourceMessage[] {
  const file = ts.createSourceFile('source.ts', source, ts.ScriptTarget.Latest, true)
  const constants = constantsOf(file)
  const found = new Map<string, SourceMessage>()
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node) || ts.isTypeNode(node)) return
    const text = isTextual(node) ? textOf(node, constants) : undefined
    if (text !== undefined && isMessage(text) && (classes === undefined || isInError(node, classes))) {
      const before = found.get(text)
      const remoteCodes = [...new Set([...(before?.remoteCodes ?? []), ...remoteCodesOf(node, file)])]
      const code = before?.code ?? codeOf(node, file)
      found.set(text, { text, remoteCodes, ...(code && { code }) })
      return
    }
    ts.forEachChild(node, visit)
  }
  visit(file)
  return [...found.values()]
}

type Textual = ts.StringLiteralLike | ts.TemplateExpression | ts.BinaryExpression

function isTextual(node: ts.Node): node is Textual {
  return ts.isStringLiteralLike(node) || ts.isTemplateExpression(node) || isConcatenation(node)
}

function isConcatenation(node: ts.Node): node is ts.BinaryExpression {
  return ts.isBinaryExpression(node) && node.operatorToken.kind === ts.SyntaxKind.PlusToken
}

function textOf(node: ts.Expression, constants: ReadonlyMap<string, string>): string {
  if (ts.isStringLiteralLike(node)) return node.text
  if (isConcatenation(node)) return joined(textOf(node.left, constants) + textOf(node.right, constants))
  if (ts.isIdentifier(node)) return constants.get(node.text) ?? '…'
  if (!ts.isTemplateExpression(node)) return '…'
  const spans = node.templateSpans.map(({ expression, literal }) => textOf(expression, constants) + literal.text)
  return joined(node.head.text + spans.join(''))
}

/** `…` for each run of variable parts. A subject at the start, with its colon (`KMS secret "app/db": `), is no part of the text. */
function joined(text: string): string {
  return text.replaceAll(/…+/g, '…').replace(/^…: /, '')
}

function isMessage(text: string): boolean {
  // Flags alone are no message: `--files …: …`.
  const words = text.replaceAll(/--[\w…-]+/g, '')
  const isSentence = /[A-Za-z]{2,}[”"'`,…]* [\w'"(…-]/.test(text) && /[a-z]{2,} |…/.test(text)
  return isSentence && /[A-Za-z]{2,}/.test(words) && !/^[\s,;:.)]/.test(text)
}

/** File-level strings that other texts contain. */
function constantsOf(file: ts.SourceFile): ReadonlyMap<string, string> {
  const texts = new Map<string, string>()
  for (const { name, initializer } of declarationsOf(file)) {
    if (initializer !== undefined && ts.isStringLiteralLike(initializer) && ts.isIdentifier(name)) {
      texts.set(name.text, initializer.text)
    }
  }
  return texts
}

function declarationsOf(file: ts.SourceFile): readonly ts.VariableDeclaration[] {
  return file.statements.filter(ts.isVariableStatement).flatMap((each) => [...each.declarationList.declarations])
}

/** Whether a text is within the arguments of `new UsageError(…)` or of another of the errors. */
function isInError(node: ts.Node, classes: readonly ErrorClass[]): boolean {
  const { parent } = node
  if (parent === undefined || ts.isSourceFile(parent) || ts.isFunctionDeclaration(parent)) return false
  if (ts.isNewExpression(parent) && ts.isIdentifier(parent.expression)) {
    return classes.some((name) => name === (parent.expression as ts.Identifier).text)
  }
  return isInError(parent, classes)
}

/** The code next to a text: `code: 'NotFound'`, `fail('NotFound', …)`, `new SecretSyncError('NotFound', …)`, or that of a helper. */
function codeOf(node: ts.Node, file: ts.SourceFile): ErrorCode | undefined {
  const { parent } = node
  if (parent === undefined || ts.isStatement(parent)) return undefined
  return codeNextTo(parent, file) ?? codeOf(parent, file)
}

function codeNextTo(node: ts.Node, file: ts.SourceFile): ErrorCode | undefined {
  if (ts.isObjectLiteralExpression(node)) return codeIn(node)
  if (ts.isArrayLiteralExpression(node)) return node.elements.map(asCode).find((code) => code !== undefined)
  if (!ts.isCallExpression(node) && !ts.isNewExpression(node)) return undefined
  const first = node.arguments?.map(asCode).find((code) => code !== undefined)
  return first ?? (ts.isIdentifier(node.expression) ? codeOfHelper(node.expression.text, file) : undefined)
}

/** `const denied = (hint) => ({ code: 'AccessDenied', hint })` */
function codeOfHelper(name: string, file: ts.SourceFile): ErrorCode | undefined {
  const helper = declarationsOf(file).find((each) => ts.isIdentifier(each.name) && each.name.text === name)?.initializer
  if (helper === undefined || !ts.isArrowFunction(helper)) return undefined
  let found: ErrorCode | undefined
  const visit = (node: ts.Node): void => {
    if (ts.isObjectLiteralExpression(node)) found ??= codeIn(node)
    else ts.forEachChild(node, visit)
  }
  visit(helper.body)
  return found
}

function codeIn(object: ts.ObjectLiteralExpression): ErrorCode | undefined {
  const property = object.properties.find(
    (each): each is ts.PropertyAssignment => ts.isPropertyAssignment(each) && each.name.getText() === 'code',
  )
  return property && asCode(property.initializer)
}

function asCode(node: ts.Node): ErrorCode | undefined {
  return ts.isStringLiteralLike(node) ? ERROR_CODES.find((code) => code === node.text) : undefined
}

/** Names of the entries that hold a text, or that refer to the constant or function that holds it. */
function remoteCodesOf(node: ts.Node, file: ts.SourceFile): string[] {
  const { parent } = node
  if (parent === undefined || ts.isSourceFile(parent)) return []
  if (ts.isPropertyAssignment(parent) && isRemoteCode(nameOf(parent))) return [nameOf(parent)]
  const isDeclared = ts.isVariableDeclaration(parent) || ts.isFunctionDeclaration(parent)
  if (isDeclared && parent.name !== undefined && ts.isIdentifier(parent.name) && isTopLevel(parent)) {
    return usesOf(parent.name.text, file)
  }
  return remoteCodesOf(parent, file)
}

function isTopLevel(node: ts.Node): boolean {
  return ts.isSourceFile(node.parent) || ts.isSourceFile(node.parent.parent.parent)
}

/** Entries `'Forbidden.RAM': NAME`, `['Forbidden', NAME]` and `if (status === 403) return NAME` of a table. */
function usesOf(name: string, file: ts.SourceFile): string[] {
  const codes: string[] = []
  const visit = (node: ts.Node): void => {
    if (ts.isIdentifier(node) && node.text === name) {
      const { parent } = node
      if (ts.isPropertyAssignment(parent) && parent.initializer === node) codes.push(nameOf(parent))
      if (ts.isArrayLiteralExpression(parent)) {
        codes.push(...parent.elements.filter(ts.isStringLiteralLike).map(({ text }) => `${text}…`))
      }
    }
    ts.forEachChild(node, visit)
  }
  visit(file)
  return codes.filter(isRemoteCode)
}

function nameOf({ name }: ts.PropertyAssignment): string {
  return ts.isStringLiteralLike(name) ? name.text : name.getText()
}

/** `Forbidden.RAM`, `ECONNRESET`; not a field such as `hint`. */
function isRemoteCode(name: string): boolean {
  return /^[A-Z][\w.]+…?$/.test(name)
}
