import { describeCluster, useCluster } from '@ack-secret-manager/control-plane/testing'
import { Sensitive } from '@ack-secret-manager/core'
import { anyCodePoint } from '@ack-secret-manager/test-support/any-text'
import { decide, type DesiredSecret, type TargetPolicy } from '@ack-secret-manager/sync-engine'
import fc from 'fast-check'
import { expect, it } from 'vitest'

const POLICY: TargetPolicy = {
  creation: 'Owner',
  deletion: 'Delete',
  onKeyFailure: 'KeepPrevious',
  adopt: false,
  immutable: false,
  restarts: false,
}
const DOCKER = 'kubernetes.io/dockerconfigjson'
const DOCKER_KEY = '.dockerconfigjson'

type Content = Readonly<Record<string, string | Uint8Array>>

/** Whether the operator would write it. */
function ourVerdict(type: string, content: Content): boolean {
  const data = Object.entries(content).map(([key, value]) => {
    const bytes = new Sensitive<Uint8Array>(Buffer.from(value))
    return [key, { secret: 's', versionId: 'v1', digest: key, bytes }] as const
  })
  const owner = { apiVersion: 'alibabacloud.com/v1alpha1', kind: 'ExternalSecret', name: 'web', uid: 'u' }
  const desired: DesiredSecret = {
    target: { namespace: 'default', name: 'web' },
    owner,
    type,
    digestKeyId: 'k',
    data: new Map(data),
    metadata: new Map(),
    failures: [],
    sources: [],
  }
  const action = decide(desired, { secret: undefined, inspected: false }, POLICY)
  if (action.kind === 'refuse') expect(action.error.code).toBe('InvalidForType')
  return action.kind === 'create'
}

describeCluster('required content of Secret types', { timeout: 240_000 }, () => {
  const cluster = useCluster()

  /** Whether the API server accepts it. */
  async function itsVerdict(type: string, content: Content): Promise<boolean> {
    const data = Object.fromEntries(
      Object.entries(content).map(([key, value]) => [key, Buffer.from(value).toString('base64')]),
    )
    const path = `/api/v1/namespaces/${cluster.namespace}/secrets?dryRun=All`
    const { status } = await cluster.request('POST', path, {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'tried' },
      type,
      data,
    })
    if (status !== 201 && status !== 422) throw new Error(`HTTP ${status}`)
    return status === 201
  }

  it.each<[string, Content, boolean]>([
    ['kubernetes.io/tls', { 'tls.crt': 'x', 'tls.key': 'y' }, true],
    ['kubernetes.io/tls', { 'tls.crt': '', 'tls.key': '' }, true],
    ['kubernetes.io/tls', { 'tls.crt': 'x', 'tls.key': 'y', 'ca.crt': 'z' }, true],
    ['kubernetes.io/tls', { 'tls.crt': 'x' }, false],
    ['kubernetes.io/tls', { 'tls.key': 'x' }, false],
    ['kubernetes.io/basic-auth', { username: '' }, true],
    ['kubernetes.io/basic-auth', { password: 'x' }, true],
    ['kubernetes.io/basic-auth', { user: 'x' }, false],
    ['kubernetes.io/ssh-auth', { 'ssh-privatekey': 'x' }, true],
    ['kubernetes.io/ssh-auth', { 'ssh-privatekey': '' }, false],
    ['kubernetes.io/ssh-auth', { 'ssh-publickey': 'x' }, false],
    ['kubernetes.io/dockercfg', { '.dockercfg': '{}' }, true],
    ['kubernetes.io/dockercfg', { '.dockercfg': 'x' }, false],
    ['kubernetes.io/dockercfg', { [DOCKER_KEY]: '{}' }, false],
    ['kubernetes.io/service-account-token', { token: 'x' }, false],
    ['bootstrap.kubernetes.io/token', { any: 'x' }, true],
    ['kubernetes.io/unknown', { any: 'x' }, true],
    ['example.com/mine', { any: 'x' }, true],
    ['Opaque', { any: 'x' }, true],
  ])('%s with %j: %s', async (type, content, expected) => {
    expect([ourVerdict(type, content), await itsVerdict(type, content)]).toEqual([expected, expected])
  })

  it.each<[string, string | Uint8Array, boolean]>([
    ['an object', '{"auths":{}}', true],
    ['with space around it', ' \n{}\t', true],
    ['null', 'null', true],
    ['a list', '[]', false],
    ['a text', '"x"', false],
    ['a number', '1', false],
    ['nothing', '', false],
    ['more than one value', '{}{}', false],
    ['a byte order mark', '\ufeff{}', false],
    ['another white space character', '\u00a0{}', false],
    ['an extra comma', '{"a":1,}', false],
    ['a leading zero', '{"a":01}', false],
    ['a control character', '{"a":"\u0001"}', false],
    ['half a surrogate pair', '{"a":"\\ud800"}', true],
    ['a duplicate key', '{"a":1,"a":2}', true],
    ['a key that is a prototype property', '{"__proto__":1}', true],
    ['the largest number', '{"a":1e308}', true],
    ['a number out of range in Go', '{"a":[1e309]}', false],
    ['a negative number out of range', '{"a":-1e309}', false],
    ['a very small one', '{"a":1e-999}', true],
    ['zero with a large exponent', '{"a":0e999999}', true],
    ['bytes that are not UTF-8, in a text', Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]), true],
    ['bytes that are not UTF-8, elsewhere', Buffer.from([0xff, 0x7b, 0x7d]), false],
    ['the maximum depth', `{"a":${'['.repeat(9_999)}${']'.repeat(9_999)}}`, true],
    ['one level too deep', `{"a":${'['.repeat(10_000)}${']'.repeat(10_000)}}`, false],
  ])('accepts or rejects a Docker configuration of %s like the API server', async (_what, text, expected) => {
    const content = { [DOCKER_KEY]: text }
    expect([ourVerdict(DOCKER, content), await itsVerdict(DOCKER, content)]).toEqual([expected, expected])
  })

  it('agrees with the API server for any document', async () => {
    const almostJson = fc
      .tuple(fc.json(), fc.nat(), fc.string({ minLength: 1, maxLength: 2, unit: anyCodePoint }))
      .map(
        ([json, at, noise]) => `${json.slice(0, at % (json.length + 1))}${noise}${json.slice(at % (json.length + 1))}`,
      )
    const document = fc.oneof(
      fc.json(),
      fc.json().map((json) => `{"a":${json}}`),
      almostJson,
      fc.uint8Array({ maxLength: 8 }),
    )
    await fc.assert(
      fc.asyncProperty(document, async (text) => {
        const content = { [DOCKER_KEY]: text }
        expect(ourVerdict(DOCKER, content)).toBe(await itsVerdict(DOCKER, content))
      }),
      { numRuns: 300 },
    )
  })
})
