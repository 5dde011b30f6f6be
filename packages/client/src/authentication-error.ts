/** Codes with which drivers report that the server rejects user and password. */
const CODES: ReadonlySet<unknown> = new Set([
  // PostgreSQL: invalid_password, invalid_authorization_specification.
  '28P01',
  '28000',
  // MySQL.
  'ER_ACCESS_DENIED_ERROR',
  // SQL Server.
  'ELOGIN',
])
/** MongoDB: AuthenticationFailed. Kafka: KafkaJS. */
const NAMES: ReadonlySet<unknown> = new Set(['AuthenticationFailed', 'KafkaJSSASLAuthenticationError'])
/** Redis. AMQP. */
const MESSAGES = /^(?:WRONGPASS|NOAUTH) |\bACCESS[_-]REFUSED\b/
/** Libraries wrap the errors of drivers. */
const MAX_DEPTH = 5

/** Whether a driver reports that the server rejects user and password: PostgreSQL, MySQL, SQL Server, MongoDB, Redis, Kafka, AMQP. */
export function isAuthenticationError(error: unknown): boolean {
  return isRejection(error, 0)
}

function isRejection(error: unknown, depth: number): boolean {
  if (typeof error !== 'object' || error === null || depth > MAX_DEPTH) return false
  const { code, codeName, name, message, cause, errors, lastNodeError } = error as Readonly<Record<string, unknown>>
  if (CODES.has(code) || NAMES.has(codeName) || NAMES.has(name)) return true
  if (typeof message === 'string' && MESSAGES.test(message)) return true
  const inner = [cause, lastNodeError, ...(Array.isArray(errors) ? (errors as unknown[]) : [])]
  return inner.some((each) => isRejection(each, depth + 1))
}
