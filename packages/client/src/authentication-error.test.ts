import { describe, expect, it, vi } from 'vitest'
import { isAuthenticationError } from './authentication-error.ts'
import { closeResource } from './internal/close-resource.ts'

const errorWith = (members: object, message = 'x'): Error => Object.assign(new Error(message), members)

describe('an authentication error', () => {
  it.each<[driver: string, error: unknown]>([
    ['pg', errorWith({ code: '28P01' })],
    ['mysql2', errorWith({ code: 'ER_ACCESS_DENIED_ERROR', errno: 1_045 })],
    ['mssql', errorWith({ code: 'ELOGIN' })],
    ['mongodb', errorWith({ code: 18, codeName: 'AuthenticationFailed' })],
    ['ioredis', errorWith({}, 'WRONGPASS invalid username-password pair or user is disabled.')],
    ['ioredis without a password', errorWith({}, 'NOAUTH Authentication required.')],
    ['kafkajs', errorWith({ name: 'KafkaJSSASLAuthenticationError' })],
    ['amqplib', errorWith({}, 'Handshake terminated by server: 403 (ACCESS-REFUSED)')],
    ['a library around pg', errorWith({ cause: errorWith({ code: '28P01' }) })],
    ['several addresses', new AggregateError([errorWith({}), errorWith({ code: '28000' })])],
  ])('is recognized: %s', (_driver, error) => expect(isAuthenticationError(error)).toBe(true))

  it.each<[what: string, error: unknown]>([
    ['nothing', undefined],
    ['a text', 'WRONGPASS x'],
    ['a lost connection', errorWith({ code: 'ECONNRESET' })],
    ['a missing permission in PostgreSQL', errorWith({ code: '42501' })],
    ['a missing permission in Redis', errorWith({}, 'NOPERM this user has no permissions')],
    ['text of a user', errorWith({}, 'duplicate key: WRONGPASS x')],
  ])('is not: %s', (_what, error) => expect(isAuthenticationError(error)).toBe(false))

  it('ends in a circle of causes', () => {
    const error = errorWith({})
    error.cause = error
    expect(isAuthenticationError(error)).toBe(false)
  })
})

describe('closing a resource', () => {
  it.each([[Symbol.asyncDispose], ['end'], ['close'], ['disconnect'], ['destroy'], ['quit']])(
    'uses %s',
    async (method) => {
      const close = vi.fn<() => void>()
      await closeResource({ [method]: close })
      expect(close).toHaveBeenCalledTimes(1)
    },
  )

  it.each([undefined, 'text', {}])('does nothing for %j', (resource) =>
    expect(closeResource(resource)).resolves.toBeUndefined(),
  )
})
