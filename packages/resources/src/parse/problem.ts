import { SecretSyncError } from '@ack-secret-manager/core'
import type { z } from 'zod'
import { closest } from './closest.ts'
import { formatPath } from '../schema/format-path.ts'
import { fieldsOf, schemaAt } from '../schema/schema-tree.ts'
import { LOST_NAME } from './normalize.ts'

/** One problem of an invalid resource. */
export interface Problem {
  /** Path of the field, such as `spec.data[0].key`. */
  readonly field: string
  /** The expected and the actual content, without the path. */
  readonly message: string
}

/** Problems that are reported; an error message counts the others. */
const MAX_PROBLEMS = 20
const MAX_ECHO = 48

type Issue = z.core.$ZodIssue

/** Describes the zod issues of `spec`. */
export function problemsOf(schema: z.ZodType, issues: readonly Issue[]): readonly Problem[] {
  const problems = issues.flatMap((issue) => {
    if (issue.code !== 'unrecognized_keys') return [{ field: fieldOf(issue.path), message: messageOf(issue) }]
    const known = fieldsOf(schemaAt(schema, issue.path) ?? schema)
    return issue.keys.slice(0, MAX_PROBLEMS).map((name) => unknownField([...issue.path, name], known?.keys() ?? []))
  })
  // A check across fields repeats the problem of a field; the field's own check comes first and is more specific.
  const byField = new Map<string, Problem>()
  for (const problem of problems) if (!byField.has(problem.field)) byField.set(problem.field, problem)
  return [...byField.values()]
}

function fieldOf(path: readonly PropertyKey[]): string {
  return formatPath(['spec', ...path])
}

function unknownField(path: readonly PropertyKey[], known: Iterable<string>): Problem {
  const suggestion = closest(String(path.at(-1)), known)
  const hint = suggestion === undefined ? '' : `; did you mean ${JSON.stringify(suggestion)}?`
  return { field: short(fieldOf(path), 200), message: `unknown field${hint}` }
}

function messageOf(issue: Issue): string {
  if (issue.input === undefined && (issue.code === 'invalid_type' || issue.code === 'invalid_value')) {
    return 'required, but missing'
  }
  switch (issue.code) {
    case 'invalid_type':
      return `expected ${article(issue.expected)}, got ${given(issue)}${quoteHint(issue.expected, issue.input)}`
    case 'invalid_value':
      return `expected ${issue.values.map(String).join(' or ')}, got ${echo(issue.input)}${didYouMean(issue)}`
    case 'too_big':
      return `expected at most ${bound(issue.maximum, issue)}`
    case 'too_small':
      return `expected at least ${bound(issue.minimum, issue)}`
    case 'invalid_format':
      return `${issue.message}, got ${given(issue)}`
    case 'invalid_key':
      if (issue.path.at(-1) === LOST_NAME) {
        return '__proto__ cannot be a name here; use another name'
      }
      return issue.issues[0]?.message ?? issue.message
    default:
      return issue.message
  }
}

function didYouMean(issue: Extract<Issue, { code: 'invalid_value' }>): string {
  const near = typeof issue.input === 'string' ? closest(issue.input, issue.values.map(String)) : undefined
  return near === undefined ? '' : `; did you mean ${JSON.stringify(near)}?`
}

/** YAML parses `60`, `1.5` and `yes` without quotes as numbers and booleans. */
function quoteHint(expected: string, input: unknown): string {
  return expected === 'string' && (typeof input === 'number' || typeof input === 'boolean') ? '; put it in quotes' : ''
}

const ARTICLES: ReadonlyMap<string, string> = new Map([
  ['array', 'a list'],
  ['object', 'an object'],
  ['record', 'an object'],
  ['string', 'a text'],
  ['boolean', 'true or false'],
  ['number', 'a number'],
  ['int', 'a whole number'],
])

function article(expected: string): string {
  return ARTICLES.get(expected) ?? expected
}

function bound(limit: number | bigint, issue: Extract<Issue, { code: 'too_big' | 'too_small' }>): string {
  if (typeof issue.input === 'number') return `${limit}, got ${issue.input}`
  return `${limit} ${unit(issue)}, got ${sizeOf(issue.input)}`
}

function unit({ origin, ...issue }: Extract<Issue, { code: 'too_big' | 'too_small' }>): string {
  const isOne = ('maximum' in issue ? issue.maximum : issue.minimum) === 1
  if (origin === 'array') return isOne ? 'entry' : 'entries'
  return isOne ? 'character' : 'characters'
}

function sizeOf(input: unknown): number {
  return typeof input === 'string' || Array.isArray(input) ? input.length : 0
}

/** References to credentials: a user may have written the credential itself in their place, or in one of their fields. */
const CREDENTIALS: ReadonlySet<PropertyKey> = new Set(['accessKey', 'accessKeySecret', 'clientKeyContent', 'password'])
/** Content found at these fields is not repeated, because it may be a secret value. */
const CONTAINERS: ReadonlySet<string> = new Set(['array', 'object', 'record'])

/** Describes the unexpected content; by its type alone where it may be secret. */
function given(issue: Extract<Issue, { code: 'invalid_type' | 'invalid_format' }>): string {
  const isContainer = issue.code === 'invalid_type' && CONTAINERS.has(issue.expected)
  const isHidden = isContainer || issue.path.some((part) => CREDENTIALS.has(part))
  return isHidden ? typeText(issue.input) : echo(issue.input)
}

/** A value of a spec in a message. */
function echo(input: unknown): string {
  if (typeof input === 'string') return JSON.stringify(short(input, MAX_ECHO))
  return typeof input === 'number' || typeof input === 'boolean' ? String(input) : typeText(input)
}

function typeText(input: unknown): string {
  if (input === null) return 'null'
  if (Array.isArray(input)) return 'a list'
  return TYPES.get(typeof input) ?? typeof input
}

const TYPES: ReadonlyMap<string, string> = new Map([
  ['object', 'an object'],
  ['string', 'a text'],
  ['number', 'a number'],
  ['boolean', 'a boolean'],
])

function short(text: string, max: number): string {
  return text.length <= max ? text : `${text.slice(0, max)}…`
}

/** The error for a resource with these problems: the first in full, the others counted. */
export function invalidSpec(problems: readonly Problem[]): SecretSyncError {
  const [first, ...others] = problems
  const field = first?.field ?? 'spec'
  const more = others.length === 0 ? '' : ` (and ${others.length} more)`
  return new SecretSyncError('InvalidSpec', `${field}: ${first?.message ?? 'invalid'}${more}`, { facts: { field } })
}

/** The first {@link MAX_PROBLEMS} of them. */
export function bounded(problems: readonly Problem[]): readonly Problem[] {
  return problems.slice(0, MAX_PROBLEMS)
}
