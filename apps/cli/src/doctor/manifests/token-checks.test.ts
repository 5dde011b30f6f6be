import { describe, expect, it } from 'vitest'
import { folderWith } from '../../testing/files.ts'
import { externalSecretYaml } from '../../testing/manifests.ts'
import { useManagedKms } from '../../testing/managed-kms.ts'
import { CANARY } from '../../testing/run.ts'

const ROLE = 'acs:ram::1234567890123456:role/upload'
const key = (name: string, ...actions: readonly string[]) => ({
  id: `LTAI5t${name}`,
  secret: `${CANARY}-${name}`,
  allow: [{ actions: [...actions], resources: ['*'] }],
})
const PULLER = key('Puller', 'cr:GetAuthorizationToken', 'sts:AssumeRole')
const STRANGER = key('Stranger', 'kms:*')
const kms = useManagedKms({
  accessKeys: [PULLER, STRANGER],
  roles: [{ name: 'upload', trust: { accessKeys: [PULLER.id] } }],
  registries: [{ id: 'cri-a' }, { id: 'cri-b' }],
})

const document = (kind: string, name: string, fields: object): string =>
  JSON.stringify({ ...fields, kind, metadata: { name, namespace: 'default' } })
const STORE = { apiVersion: 'alibabacloud.com/v1alpha1' }

function store({ id, secret }: typeof PULLER, allowTokens: object, auth?: object): string {
  const ref = (name: string): object => ({ name: 'keys', key: name })
  const KMSAuth = auth ?? { accessKey: ref('id'), accessKeySecret: ref('secret') }
  return [
    document('SecretStore', 'tokens', { ...STORE, spec: { KMS: { KMSAuth }, allowTokens: [allowTokens] } }),
    document('Secret', 'keys', { apiVersion: 'v1', stringData: { id, secret } }),
  ].join('\n---\n')
}

const secretStoreRef = { name: 'tokens' }
const registry = (...ids: readonly string[]): object => ({
  name: '.dockerconfigjson',
  containerRegistry: { secretStoreRef, instances: ids.map((id) => ({ id, registries: [`${id}.example.com`] })) },
})
const session = (roleArn: string): object => ({ name: 'session', stsToken: { secretStoreRef, roleArn } })

interface Finding {
  readonly section: string
  readonly title: string
  readonly status: string
  readonly detail: string
  readonly action?: string
}

async function doctor(manifest: string, generate: readonly object[]) {
  const cwd = await folderWith({ 'store.yaml': manifest, 'web.yaml': externalSecretYaml('web', { generate }) })
  const flags = ['--sts-endpoint', kms.stsHost, '--registry-endpoint', kms.registryHost]
  await kms.forget()
  const { out, err } = await kms.run(['doctor', '-f', '.', '-o', 'json', ...flags], { cwd })
  expect(out + err).not.toMatch(/token-[0-9a-f]{8}|STS\./)
  const { checks } = JSON.parse(out) as { checks: Finding[] }
  const named = (section: string): readonly Finding[] => checks.filter((each) => each.section === section)
  return { tokens: named('Tokens'), stores: named('Stores'), network: named('Network'), calls: await kms.calls() }
}

describe('doctor of tokens', () => {
  const ALL = { instances: ['cri-a', 'cri-b', 'cri-none'], roles: [ROLE] }

  it('gets each token once, and shows none', async () => {
    const { tokens, calls, network } = await doctor(store(PULLER, ALL), [
      registry('cri-a', 'cri-b'),
      session(ROLE),
      { ...registry('cri-a'), name: 'again' },
    ])
    expect(tokens.map(({ title, status, detail }) => [title, status, detail])).toEqual([
      ['Tokens of SecretStore default/tokens from Container Registry', 'ok', '2 issued, and dropped: cri-a, cri-b'],
      ['Tokens of SecretStore default/tokens from STS', 'ok', `1 issued, and dropped: ${ROLE}`],
    ])
    expect(calls).toContain('GetAuthorizationToken OK 2')
    expect(calls).toContain('AssumeRole OK 1')
    expect(network.map(({ title }) => title)).toContain('TLS to Container Registry')
  })

  it('names the permission, the entry of the store and the instance that are missing', async () => {
    const denied = await doctor(store(STRANGER, ALL), [registry('cri-a'), { ...registry('cri-a'), name: 'again' }])
    expect(denied.tokens).toMatchObject([
      {
        status: 'failed',
        detail: expect.stringContaining('may not call cr:GetAuthorizationToken for cri-a') as unknown,
      },
    ])
    const { tokens, calls } = await doctor(store(PULLER, { instances: ['cri-a', 'cri-none'] }), [
      registry('cri-a', 'cri-b', 'cri-none'),
    ])
    expect(tokens.map(({ status, detail }) => [status, detail.slice(0, 60)])).toEqual([
      ['ok', '1 issued, and dropped: cri-a'],
      ['failed', expect.stringMatching(/^StoreNotAllowed: SecretStore default\/tokens does not allow/)],
      ['failed', expect.stringMatching(/^SecretNotFound: getting a token of registry cri-none/)],
    ])
    expect(calls).toContain('GetAuthorizationToken OK 2')
  })

  it('says that allowTokens of a store with the identity of the operator has no effect', async () => {
    const { stores } = await doctor(store(PULLER, ALL, { ramRoleARN: ROLE }), [session(ROLE)])
    expect(stores).toContainEqual(
      expect.objectContaining({
        status: 'failed',
        detail: expect.stringMatching(/^spec\.allowTokens has no effect: the store has the identity of the operator/),
      }),
    )
    const { stores: own } = await doctor(store(PULLER, ALL), [session(ROLE)])
    expect(own.filter(({ status }) => status === 'failed')).toEqual([])
  })
})
