import { SecretSyncError } from '@ack-secret-manager/core'

/** Objects in objects. No Kubernetes object has so many. */
const MAX_DEPTH = 200

interface Problem {
  readonly field: string
  readonly why: string
}

/**
 * The body of a request as JSON; null for none.
 * @param what the request, for the message
 * @throws SecretSyncError `InvalidSpec` that names the field which JSON cannot hold
 */
export function requestBody(body: unknown, what: string): string | null {
  if (body === undefined) return null
  let problem: Problem
  try {
    const text: string | undefined = JSON.stringify(body)
    if (text !== undefined) return text
    problem = { field: 'body', why: `expected an object, got ${typeof body}` }
  } catch {
    // The message of a `toJSON` may hold a value.
    problem = problemOf(body)
  }
  const { field, why } = problem
  throw new SecretSyncError('InvalidSpec', `${what}: not sent: ${field}: ${why}`, { facts: { field } })
}

function problemOf(body: unknown): Problem {
  const thrown = { field: 'body', why: 'a getter or toJSON method has thrown' }
  try {
    return findProblem(body, 'body', []) ?? thrown
  } catch {
    return thrown
  }
}

function findProblem(value: unknown, field: string, parents: readonly unknown[]): Problem | undefined {
  if (typeof value === 'bigint') return { field, why: 'JSON cannot hold a BigInt' }
  if (typeof value !== 'object' || value === null) return undefined
  if (parents.includes(value)) return { field, why: 'it contains itself' }
  if (parents.length > MAX_DEPTH) return { field: 'body', why: `it has more than ${MAX_DEPTH} levels` }
  for (const [name, each] of Object.entries(value)) {
    const problem = findProblem(each, `${field}.${name}`, [...parents, value])
    if (problem) return problem
  }
  return undefined
}
