import { expectedValue, type Flag, FLAG_PATTERNS, type FlagPattern } from '@ack-secret-manager/command-line'
import { FLAGS } from '@ack-secret-manager/operator'
import { inWords, type JsonSchema } from './json-schema.ts'

/** A flag of the operator, by kind. */
type OperatorFlag = Flag & { readonly kind: (typeof FLAGS)[keyof typeof FLAGS]['kind'] }

const PART = '(?:\\d+(?:\\.\\d*)?|\\.\\d+)(?:ms|[smh])'
/** A duration with one part of at least a second. */
const LONG = '(?:\\d*[1-9]\\d*(?:\\.\\d*)?[smh]|\\d*\\.[1-9]\\d*[mh]|\\d*[1-9]\\d{3,}(?:\\.\\d*)?ms)'
/** The operator sums the parts and also accepts smaller units; here one part must be long enough. */
const DURATION: FlagPattern = { pattern: new RegExp(`^(?:${PART})*${LONG}(?:${PART})*$`), maxLength: 64 }

type ValueSchema = JsonSchema & { readonly type: readonly string[] }

/** Valid values of `command` for each kind of flag, like in the operator; null and '' leave its default. */
const SCHEMAS: Readonly<Record<Exclude<OperatorFlag['kind'], 'address'>, ValueSchema>> = {
  text: { type: ['string', 'null'] },
  // The value may be text if it comes from a Secret or from --set.
  boolean: { type: ['boolean', 'string', 'null'], enum: [true, false, 'true', 'false', '', null] },
  count: { ...text(FLAG_PATTERNS.count, 'integer'), minimum: 1, maximum: 1000 },
  // Helm rounds larger numbers.
  number: { ...text(FLAG_PATTERNS.number, 'number'), minimum: 0, maximum: Number.MAX_SAFE_INTEGER },
  account: { ...text(FLAG_PATTERNS.account, 'integer'), minimum: 0, maximum: Number.MAX_SAFE_INTEGER },
  duration: text(DURATION),
  region: text(FLAG_PATTERNS.region),
  name: text(FLAG_PATTERNS.name),
  cluster: text(FLAG_PATTERNS.cluster),
  endpoint: text(FLAG_PATTERNS.endpoint),
  namespaces: list(FLAG_PATTERNS.namespaces),
  'namespace-patterns': list(FLAG_PATTERNS['namespace-patterns']),
  endpoints: list(FLAG_PATTERNS.endpoints),
  paths: list(FLAG_PATTERNS.paths),
  packages: list(FLAG_PATTERNS.packages),
}

/** The operator ignores it. */
const ANYTHING: JsonSchema = { type: ['string', 'number', 'boolean', 'null'] }

/** Names of the Go operator's chart. Its README misspells `kmsEndpoint`; after a rollback, Helm keeps the null that removed it. */
const UPSTREAM: Readonly<Record<string, JsonSchema>> = {
  kmsEnpoint: { type: 'null' },
  aliuid: { description: 'The same as uid.', ...flagSchema(FLAGS.uid, FLAGS.uid.kind) },
}

/** Schema of the chart's `command`: one property for each flag of the operator. */
export function commandSchema(): JsonSchema {
  const properties: Record<string, JsonSchema> = { ...UPSTREAM }
  for (const [name, flag] of Object.entries<OperatorFlag>(FLAGS)) {
    // Flags for use outside of a pod, and ports, which the chart sets.
    if (name === 'kubeconfig' || flag.kind === 'address') continue
    properties[camelCase(name)] =
      flag.deprecated === undefined
        ? { description: flag.help, ...flagSchema(flag, flag.kind) }
        : { description: `No effect: ${flag.deprecated}.`, ...ANYTHING }
  }
  return { type: 'object', additionalProperties: false, properties }
}

function flagSchema(flag: Flag, kind: keyof typeof SCHEMAS): JsonSchema {
  if (flag.choices) return { enum: [...flag.choices, '', null] }
  const { type, ...syntax } = kind === 'count' ? countUpTo(Number(flag.max ?? 1000)) : SCHEMAS[kind]
  return Object.keys(syntax).length === 0 ? { type } : { type, ...inWords(expectedValue(flag), syntax) }
}

/** The pattern is that of text: `--set-string`, or a value of a Secret. */
function countUpTo(maximum: number): ValueSchema {
  if (maximum === SCHEMAS.count.maximum) return SCHEMAS.count
  const numbers = Array.from({ length: maximum }, (_, index) => index + 1).join('|')
  return { ...SCHEMAS.count, pattern: `^(?:0*(?:${numbers}))?$`, maximum }
}

/** `kms-qps` is `kmsQps` among the values. */
export function camelCase(flag: string): string {
  return flag.replace(/-(\w)/g, (_dash, letter: string) => letter.toUpperCase())
}

/** @param type of a value that is not text */
function text({ pattern, maxLength }: FlagPattern, ...type: readonly string[]): ValueSchema {
  return {
    type: ['string', ...type, 'null'],
    pattern: `^(?:${within(pattern)})?$`,
    ...(maxLength === undefined ? {} : { maxLength }),
  }
}

/** Entries as a list, or as text separated by commas; blanks and empty entries are allowed. */
function list({ pattern, maxItems }: FlagPattern): ValueSchema {
  const entry = `\\s*(?:${within(pattern)})?\\s*`
  const entries = `${entry}(?:,${entry})*`
  return {
    type: ['array', 'string', 'null'],
    pattern: `^"?${entries}"?$`,
    items: { type: 'string', pattern: `^${entries}$` },
    ...(maxItems === undefined ? {} : { maxItems, allOf: [{ pattern: `^[^,]*(?:,[^,]*){0,${maxItems - 1}}$` }] }),
  }
}

function within({ source }: RegExp): string {
  return source.replace(/^\^|\$$/g, '')
}
