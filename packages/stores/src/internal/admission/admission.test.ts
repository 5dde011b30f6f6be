import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { clusterStoreOf } from '../../testing/store-fixture.ts'
import { admissionOf } from './admission.ts'
import { matchesGlob } from './secret-glob.ts'

describe('matchesGlob', () => {
  it.each([
    ['app/db', 'app/db', true],
    ['app/db', 'app/db2', false],
    ['app/*', 'app/db', true],
    ['app/*', 'app/', true],
    ['app/*', 'app', false],
    ['app/*', 'app/db/x', false],
    ['app/*', 'x/app/db', false],
    ['*', 'db', true],
    ['*', 'app/db', false],
    ['*/db', 'app/db', true],
    ['app/**', 'app/db/x', true],
    ['app/**', 'apple/db', false],
    ['app**', 'apple/db', true],
    ['**/db', 'a/b/db', true],
    ['**/db', 'db', false],
    ['**', '', true],
    ['a*b*c', 'a1b2c', true],
    ['a*b*c', 'a1b2', false],
    ['a.c', 'abc', false],
    ['[ab]', 'a', false],
    ['a?c', 'abc', false],
    ['***', 'a/b', true],
    ['', '', true],
    ['', 'a', false],
  ])('%s on %s: %s', (pattern, name, matches) => expect(matchesGlob(pattern, name)).toBe(matches))

  it('matches like the equivalent regular expression', () => {
    const pattern = fc.array(fc.constantFrom('a', 'b', '/', '*', '**'), { maxLength: 8 }).map((parts) => parts.join(''))
    const name = fc.array(fc.constantFrom('a', 'b', '/'), { maxLength: 8 }).map((parts) => parts.join(''))
    fc.assert(
      fc.property(pattern, name, (glob, text) => {
        const source = glob.replaceAll(/\*+/g, (stars) => (stars.length > 1 ? '.*' : '[^/]*'))
        expect(matchesGlob(glob, text)).toBe(new RegExp(`^${source}$`, 's').test(text))
      }),
      { numRuns: 2_000 },
    )
  })

  it('is fast with many wildcards', () => {
    expect(matchesGlob(`${'**a'.repeat(170)}b`, 'a'.repeat(512))).toBe(false)
  })
})

const LABELS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  shop: { team: 'payments', stage: 'prod' },
  blog: { team: 'web' },
  plain: {},
}

function refusal(spec: object, namespace: string, secret?: string, endpoint?: string): string | undefined {
  const store = clusterStoreOf('shared', { KMS: {}, ...spec })
  const admission = admissionOf(store.spec, {
    label: 'ClusterSecretStore shared',
    tokens: { home: '', notItsIdentity: undefined },
    labelsOf: (name) => (Object.hasOwn(LABELS, name) ? LABELS[name] : undefined),
  })
  try {
    admission.check(namespace, secret, endpoint)
    return undefined
  } catch (error) {
    expect(error).toMatchObject({ code: 'StoreNotAllowed' })
    return (error as Error).message
  }
}

const admitted = (spec: object): string[] =>
  ['shop', 'blog', 'plain', 'gone'].filter((namespace) => refusal(spec, namespace, 'a') === undefined)

describe('conditions', () => {
  it.each<[string, object[], string[]]>([
    ['none', [], ['shop', 'blog', 'plain', 'gone']],
    ['an empty entry', [{}], []],
    ['names', [{ namespaces: ['shop', 'gone'] }], ['shop', 'gone']],
    ['any of several entries', [{ namespaces: ['shop'] }, { namespaces: ['blog'] }], ['shop', 'blog']],
    ['any part of one entry', [{ namespaces: ['shop'], namespaceRegexes: ['bl.g'] }], ['shop', 'blog']],
    ['an expression on the whole name', [{ namespaceRegexes: ['lo'] }], []],
    ['an expression that matches', [{ namespaceRegexes: ['(shop|pl.*)'] }], ['shop', 'plain']],
    ['alternatives, each on the whole name', [{ namespaceRegexes: ['sho|blog'] }], ['blog']],
    ['an expression with anchors', [{ namespaceRegexes: ['^blog$'] }], ['blog']],
    ['every label', [{ namespaceSelector: {} }], ['shop', 'blog', 'plain', 'gone']],
    ['a label', [{ namespaceSelector: { matchLabels: { team: 'web' } } }], ['blog']],
    ['all of several labels', [{ namespaceSelector: { matchLabels: { team: 'web', stage: 'prod' } } }], []],
    ['a label named like a property of all objects', [{ namespaceSelector: { matchLabels: { constructor: '' } } }], []],
    [
      'In',
      [{ namespaceSelector: { matchExpressions: [{ key: 'team', operator: 'In', values: ['web', 'x'] }] } }],
      ['blog'],
    ],
    [
      'NotIn: the label may be absent, but the namespace must be known',
      [{ namespaceSelector: { matchExpressions: [{ key: 'team', operator: 'NotIn', values: ['web'] }] } }],
      ['shop', 'plain'],
    ],
    ['Exists', [{ namespaceSelector: { matchExpressions: [{ key: 'stage', operator: 'Exists' }] } }], ['shop']],
    [
      'DoesNotExist',
      [{ namespaceSelector: { matchExpressions: [{ key: 'stage', operator: 'DoesNotExist' }] } }],
      ['blog', 'plain'],
    ],
  ])('%s', (_what, conditions, namespaces) => expect(admitted({ conditions })).toEqual(namespaces))

  it('name the namespace that is not admitted', () =>
    expect(refusal({ conditions: [{ namespaces: ['shop'] }] }, 'blog', 'a')).toBe(
      'ClusterSecretStore shared does not admit namespace blog; spec.conditions of the store lists the admitted namespaces',
    ))
})

describe('allow', () => {
  const allow = [
    { namespaces: ['shop'], secrets: ['shop/**', 'acs:kms:*:1:secret/shop/*'] },
    { secrets: ['shared/*', '*-public'] },
  ]
  it.each<[string, string, boolean]>([
    ['shop', 'shop/a/b', true],
    ['shop', 'shared/a', true],
    ['blog', 'shared/a', true],
    ['blog', 'x-public', true],
    ['blog', 'shop/a', false],
    ['blog', 'shared/a/b', false],
    ['blog', 'shared/', true],
    ['blog', '', false],
    ['blog', 'SHARED/a', false],
    ['blog', ' shared/a', false],
    ['blog', 'shared/a\n', true],
    ['shop', 'shop/../blog/a', false],
    ['shop', 'shop/./a', false],
    ['shop', 'shop/..', false],
    ['shop', 'shop/..a', true],
    ['shop', 'shop/..%2Fblog/a', false],
    ['shop', 'shop/a%2fb', false],
    ['shop', 'shop/%2E%2e', false],
    ['shop', 'shop/100%', true],
    ['shop', 'acs:kms:cn-hangzhou:1:secret/shop/a', true],
    ['shop', 'acs:kms:cn-hangzhou:2:secret/shop/a', false],
    ['blog', 'acs:kms:cn-hangzhou:1:secret/x-public', false],
  ])('%s %j: %s', (namespace, secret, allowed) =>
    expect(refusal({ allow }, namespace, secret) === undefined).toBe(allowed),
  )

  it.each([
    ['**', 'acs:kms:cn-hangzhou:1:secret/a', true],
    ['**/a', 'acs:kms:cn-hangzhou:1:secret/a', false],
    ['*/a', 'acs:kms:cn-hangzhou:1:secret/a', false],
    ['acs:kms:cn-hangzhou:1:secret/a', 'acs:kms:cn-hangzhou:1:secret/a', true],
  ])('%s on the ARN %s: %s', (pattern, secret, allowed) =>
    expect(refusal({ allow: [{ secrets: [pattern] }] }, 'shop', secret) === undefined).toBe(allowed),
  )

  it('requires the name of the secret', () => {
    expect(refusal({ allow }, 'blog', 'shop/a')).toBe(
      'ClusterSecretStore shared does not allow namespace blog to read "shop/a"; spec.allow of the store lists the allowed secrets',
    )
    expect(refusal({ allow: [{ secrets: ['**'] }] }, 'blog')).toMatch(/names no secret/)
    expect(refusal({}, 'blog')).toBeUndefined()
  })
})

it('rejects a name that exceeds the matching steps', () => {
  const secrets = Array.from({ length: 128 }, (_, at) => `${'*a**'.repeat(120)}${at}`)
  const admission = admissionOf(
    { allow: [{ namespaces: [], secrets, endpoints: [] }] },
    { label: 'SecretStore shop', labelsOf: () => ({}), tokens: { home: 'shop', notItsIdentity: undefined } },
  )
  expect(() => admission.check('shop', 'a'.repeat(500), undefined)).toThrow('spec.allow has too many wildcards')
})

describe('endpoints of allow', () => {
  const allow = [
    {
      namespaces: ['shop'],
      secrets: ['shop/*'],
      endpoints: ['kms.*.aliyuncs.com', 'kms.example.com:8443', '10.0.0.7'],
    },
    { namespaces: ['shop'], secrets: ['shop/eu'], endpoints: ['*.kms.example.com:443'] },
    { namespaces: ['shop'], secrets: ['plain/*'] },
    { namespaces: ['blog'], secrets: ['**'], endpoints: ['kms.blog.example.com'] },
  ]
  it.each<[string, string, string | undefined, boolean]>([
    ['shop', 'shop/a', undefined, true],
    ['shop', 'plain/a', undefined, true],
    ['shop', 'plain/a', 'kms.cn-beijing.aliyuncs.com', false],
    ['shop', 'shop/a', 'kms.cn-beijing.aliyuncs.com', true],
    ['shop', 'shop/a', 'kms-vpc.cn-beijing.aliyuncs.com', false],
    ['shop', 'shop/a', 'kms.oss-cn-beijing.aliyuncs.com', false],
    ['shop', 'shop/a', 'kms.cn-beijing.aliyuncs.com:8443', false],
    ['shop', 'shop/a', 'kms.example.com:8443', true],
    ['shop', 'shop/a', 'kms.example.com', false],
    ['shop', 'shop/a', 'x.kms.example.com:8443', false],
    ['shop', 'shop/a', 'kms.example.com:84433', false],
    ['shop', 'shop/a', '10.0.0.7', true],
    ['shop', 'shop/a', '10.0.0.70', false],
    ['shop', 'shop/a', 'eu.kms.example.com', false],
    ['shop', 'shop/eu', 'eu.kms.example.com', true],
    ['shop', 'shop/eu', 'kms.example.com:8443', true],
    ['shop', 'shop/a', 'kms.blog.example.com', false],
    ['blog', 'shop/a', 'kms.blog.example.com', true],
    ['blog', 'shop/a', 'kms.cn-beijing.aliyuncs.com', false],
  ])('%s reads %s at %s: %s', (namespace, secret, endpoint, allowed) =>
    expect(refusal({ allow }, namespace, secret, endpoint) === undefined).toBe(allowed),
  )

  it('do not match an IP address by a wildcard', () =>
    expect(
      refusal({ allow: [{ secrets: ['**'], endpoints: ['*.*.*.*'] }] }, 'shop', 'a', '100.100.100.200'),
    ).toBeDefined())

  it('are not limited without allow', () =>
    expect(refusal({}, 'shop', 'a', 'kms.cn-beijing.aliyuncs.com')).toBeUndefined())

  it('are named in the refusal, with the field', () =>
    expect(refusal({ allow }, 'shop', 'plain/a', 'kms.cn-beijing.aliyuncs.com')).toBe(
      'kmsEndpoint: ClusterSecretStore shared does not allow namespace shop to read "plain/a" at kms.cn-beijing.aliyuncs.com; spec.allow[].endpoints of the store lists the allowed endpoints',
    ))
})
