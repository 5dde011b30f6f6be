import { SecretSyncError } from '@ack-secret-manager/core'
import { TokenCache } from '@ack-secret-manager/generator-token'
import type { GenerateEntry } from '@ack-secret-manager/resources'
import { describe, expect, it } from 'vitest'
import type { TokenQuery } from './store-types.ts'
import { createGenerators } from './create-generators.ts'

const { signal } = new AbortController()
const noStores = {
  tokens: new TokenCache(),
  tokenIdentity: () => {
    throw new Error('a password needs no store')
  },
}
const createGenerator = (entry: GenerateEntry) => createGenerators({ stores: noStores })(entry, 'default')
type Password = NonNullable<GenerateEntry['password']>
const entry = (password: Partial<Password> = {}): GenerateEntry => ({
  name: 'password',
  password: { length: 32, onSettingsChange: 'Keep', ...password },
})

it('creates the generator of a password with all its settings', async () => {
  const hex = '0123456789abcdef'
  const generator = createGenerator(
    entry({ length: 20, alphabet: hex, rotationInterval: '720h', onSettingsChange: 'Generate' }),
  )
  expect(generator).toMatchObject({ kind: 'password', renewAfterMs: 2_592_000_000, renewsOnChange: true })
  expect(Buffer.from((await generator.generate({ signal })).value.expose()).toString()).toMatch(/^[0-9a-f]{20}$/)
  const defaults = createGenerator(entry())
  expect(defaults).toMatchObject({ kind: 'password', renewsOnChange: false })
  expect(defaults.renewAfterMs).toBeUndefined()
  expect(Buffer.from((await defaults.generate({ signal })).value.expose()).toString()).toMatch(/^[A-Za-z0-9]{32}$/)
})

it.each([
  [{ classes: ['Symbols'] }, 'password.classes: expected classes with at least 10 characters together, got 4'],
  [{ alphabet: '0123456789', classes: ['Upper'] }, 'password.alphabet: it has no character of the class Upper'],
  [{ alphabet: '01234567890' }, 'password.alphabet: expected each character once'],
] satisfies [Partial<Password>, string][])('refuses %j', (password, message) => {
  const [field = ''] = message.split(':')
  expect(() => createGenerator(entry(password))).toThrow(
    expect.objectContaining({ code: 'InvalidSpec', message, facts: expect.objectContaining({ field }) as unknown }),
  )
})

describe('a token', () => {
  const ROLE = 'acs:ram::1234567890123456:role/upload'
  const secretStoreRef = { name: 'tokens', kind: 'SecretStore' } as const
  const instances = [{ id: 'cri-a', registries: ['a.cn'] }]
  const entries: readonly [GenerateEntry, GenerateEntry] = [
    { name: 'a', containerRegistry: { secretStoreRef, instances } },
    { name: 'b', stsToken: { secretStoreRef, roleArn: ROLE, durationSeconds: 3_600 } },
  ]

  it.each<[GenerateEntry, object]>([
    [entries[0], { kind: 'instance', name: 'cri-a' }],
    [entries[1], { kind: 'role', name: ROLE }],
  ])('queries the store at each renewal, with the namespace of the resource: %j', async (wanted, subject) => {
    const queries: TokenQuery[] = []
    const tokenIdentity = (query: TokenQuery): never => {
      queries.push(query)
      throw new SecretSyncError('StoreNotAllowed', 'not allowed')
    }
    const generator = createGenerators({ stores: { tokens: new TokenCache(), tokenIdentity } })(wanted, 'shop')
    expect([generator.isToken, queries]).toEqual([true, []])
    await expect(generator.generate({ signal })).rejects.toMatchObject({ code: 'StoreNotAllowed' })
    expect(queries).toEqual([{ namespace: 'shop', ref: secretStoreRef, subject }])
  })

  it('has other settings for a store of the same name in another namespace', () => {
    const create = createGenerators({ stores: noStores })
    for (const wanted of entries) expect(create(wanted, 'shop').settings).not.toBe(create(wanted, 'blog').settings)
  })
})
