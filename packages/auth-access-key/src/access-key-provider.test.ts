import { readFileSync } from 'node:fs'
import { inspect } from 'node:util'
import { accountLabel, Sensitive } from '@ack-secret-manager/core'
import { ManualClock } from '@ack-secret-manager/core/testing'
import { describe, expect, it } from 'vitest'
import { accessKeyProvider } from './access-key-provider.ts'

const SECRET = 'canary-secret'
const TOKEN = 'canary-token'
const signal = AbortSignal.timeout(60_000)
const key = (accessKeyId: string, secret: string, token?: string) =>
  accessKeyProvider({
    accessKeyId,
    accessKeySecret: new Sensitive(secret),
    ...(token === undefined ? {} : { securityToken: new Sensitive(token) }),
  })

describe('accessKeyProvider', () => {
  it('returns the same frozen credential each time', async () => {
    const provider = key(' LTAI5tDemo\n', `${SECRET}\n`, `\uFEFF${TOKEN}`)
    const credential = await provider.credential({ signal })
    expect(credential.accessKeyId).toBe('LTAI5tDemo')
    expect(credential.accessKeySecret.expose()).toBe(SECRET)
    expect(credential.securityToken?.expose()).toBe(TOKEN)
    expect(Object.isFrozen(credential)).toBe(true)
    provider.invalidate(credential)
    expect(await provider.credential({ signal })).toBe(credential)
    await provider.close()
  })

  it('has no token if none is configured', async () => {
    expect('securityToken' in (await key('LTAI5tDemo', SECRET).credential({ signal }))).toBe(false)
  })

  it('describes its identity', () => {
    expect(key('LTAI5tDemo', SECRET).identity).toMatchObject({
      kind: 'access-key',
      description: 'AccessKey LTAI5tDemo',
    })
  })

  it('has a placeholder account without any part of the key', () => {
    const { account, fingerprint } = key('LTAI5tDemo', SECRET).identity
    expect([account, accountLabel(account)]).toEqual([`unknown ${fingerprint}`, 'unknown'])
  })

  it.each([
    ['the same key', key('LTAI5tA', 's'), true],
    ['the same key with a final newline', key('LTAI5tA\n', 's\n'), true],
    ['the same id with another secret', key('LTAI5tA', 't'), false],
    ['another id with the same secret', key('LTAI5tB', 's'), false],
    ['the same key with a token', key('LTAI5tA', 's', 't'), false],
  ])('fingerprint: %s', (_rule, other, same) =>
    expect(other.identity.fingerprint === key('LTAI5tA', 's').identity.fingerprint).toBe(same),
  )

  it('rejects from its expiry on', async () => {
    const clock = new ManualClock()
    const provider = accessKeyProvider({
      accessKeyId: 'STS.demo',
      accessKeySecret: new Sensitive(SECRET),
      securityToken: new Sensitive(TOKEN),
      expiresAtMs: clock.now() + 1_000,
      clock,
    })
    await clock.advance(999)
    expect(await provider.credential({ signal })).toMatchObject({ accessKeyId: 'STS.demo' })
    await clock.advance(1)
    await expect(provider.credential({ signal })).rejects.toMatchObject({
      code: 'Unauthenticated',
      message: 'AccessKey STS.demo expired at 2026-01-01T00:00:01.000Z: configure a new one',
    })
  })

  it('rejects an aborted call with Cancelled', async () => {
    const asked = key('LTAI5tDemo', SECRET).credential({ signal: AbortSignal.abort() })
    await expect(asked).rejects.toMatchObject({ code: 'Cancelled' })
  })

  it.each([
    ['AccessKey id', () => key('', SECRET)],
    ['AccessKey secret', () => key('LTAI5tA', ' ')],
    ['security token', () => key('LTAI5tA', SECRET, 'x y')],
  ])('names the malformed part: %s', (part, make) =>
    expect(make).toThrowError(
      expect.objectContaining({ code: 'Unauthenticated', message: expect.stringContaining(part) }),
    ),
  )

  it('shows no secret to inspect', async () => {
    const provider = key('LTAI5tDemo', SECRET, TOKEN)
    const shown = inspect([provider, await provider.credential({ signal })], { depth: 10, showHidden: true })
    expect(shown).not.toContain('canary')
    // Shows that the scan works: it finds a secret outside `Sensitive`.
    expect(inspect({ planted: SECRET }, { depth: 10, showHidden: true })).toContain('canary')
  })
})

describe('README', () => {
  it('contains the tested example', async () => {
    const example = readFileSync(new URL('readme.example.ts', import.meta.url), 'utf8')
    const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')
    expect(readme).toContain(`\`\`\`ts\n${example}\`\`\`\n`)
    expect(await import('./readme.example.ts')).toMatchObject({ who: 'AccessKey LTAI5tDemo' })
  })
})
