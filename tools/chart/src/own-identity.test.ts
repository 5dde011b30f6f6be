import { operatorIdentityFromEnvironment, type OperatorIdentityChoice } from '@ack-secret-manager/stores'
import { describe, expect, it } from 'vitest'
import { useHelm } from './programs/use-helm.ts'

interface Given {
  readonly env?: Readonly<Record<string, string>>
  /** Variables from Secrets, with their content. */
  readonly secrets?: Readonly<Record<string, string>>
  readonly command?: {
    readonly enableWorkerRole?: boolean
    readonly ownIdentity?: OperatorIdentityChoice
    readonly uid?: string
    readonly clusterId?: string
  }
  readonly serviceAccount?: object
}

const KEY = { ACCESS_KEY_ID: 'LTAI5tChart', SECRET_ACCESS_KEY: 'chart-access-key-secret' }
const ROLE = { ALICLOUD_ROLE_ARN: 'acs:ram::1234567890123456:role/r' }
const PROVIDER = { ALIBABA_CLOUD_OIDC_PROVIDER_ARN: 'acs:ram::1234567890123456:oidc-provider/p' }
const CLUSTER = { uid: '1234567890123456', clusterId: 'c' }
const ANNOTATED = { annotations: { 'pod-identity.alibabacloud.com/role-name': 'r' } }
const TWO = 'configure two different identities: keep one of them, or choose one by'

/** Starts the operator with these values. @returns the reason why it exits */
function endsWith({ env, secrets, command = {} }: Given): string | undefined {
  const { enableWorkerRole = false, ownIdentity, clusterId } = command
  try {
    operatorIdentityFromEnvironment(
      { ...env, ...secrets },
      {
        enableWorkerRole,
        ...(ownIdentity === undefined ? {} : { choice: ownIdentity }),
        ...(clusterId === undefined ? {} : { oidcProviderArn: PROVIDER.ALIBABA_CLOUD_OIDC_PROVIDER_ARN }),
      },
    )
    return undefined
  } catch (error) {
    return String(error)
  }
}

describe('two identities of the operator', () => {
  const helm = useHelm()

  function template({ secrets = {}, ...values }: Given): Promise<string> {
    const references = Object.keys(secrets).map((key) => [key, { secretKeyRef: 's', key }])
    const given = { ...values, envVarsFromSecret: Object.fromEntries(references) }
    return helm.template({ release: 'dry', namespace: 'default', values: given })
  }

  it.each<[string, Given, string]>([
    [
      'an AccessKey and a provider',
      { secrets: KEY, env: { ...ROLE, ...PROVIDER } },
      'ACCESS_KEY_ID and ALIBABA_CLOUD_OIDC',
    ],
    [
      'both from Secrets',
      { secrets: { ...KEY, ...ROLE, ...PROVIDER } },
      'ACCESS_KEY_ID and ALIBABA_CLOUD_OIDC_PROVIDER_ARN',
    ],
    [
      'an AccessKey and a file with a token',
      { secrets: KEY, env: { ALICLOUD_OIDC_TOKEN_FILE: '/var/run/secrets/t' } },
      'ACCESS_KEY_ID and ALICLOUD_OIDC_TOKEN_FILE',
    ],
    [
      'a role for RRSA of the cluster, or for the node',
      { env: ROLE, command: { ...CLUSTER, enableWorkerRole: true } },
      'command.clusterId and command.enableWorkerRole',
    ],
  ])('are refused, as by the operator: %s', async (_given, values, names) => {
    expect(endsWith(values)).toContain(TWO)
    await expect(template(values)).rejects.toThrow(names)
    await expect(template(values)).rejects.toThrow(`${TWO} command.ownIdentity`)
  })

  it.each<[string, Given]>([
    [
      'an AccessKey and a provider with a choice',
      { secrets: KEY, env: PROVIDER, command: { ownIdentity: 'access-key' } },
    ],
    ['a role that an AccessKey assumes', { secrets: KEY, env: ROLE, command: CLUSTER }],
    ['a role that the node assumes', { env: ROLE, command: { enableWorkerRole: true } }],
    ['RRSA before the role of the node', { env: { ...ROLE, ...PROVIDER }, command: { enableWorkerRole: true } }],
    ['an AccessKey before the role of the node', { secrets: KEY, command: { ...CLUSTER, enableWorkerRole: true } }],
    ['an empty variable', { secrets: KEY, env: { ALIBABA_CLOUD_OIDC_PROVIDER_ARN: '' } }],
    [
      'a role of the cluster or of the node with a choice',
      { env: ROLE, command: { ...CLUSTER, enableWorkerRole: true, ownIdentity: 'worker-role' } },
    ],
  ])('are accepted, as by the operator: %s', async (_given, values) => {
    expect(endsWith(values)).toBeUndefined()
    expect(await template(values)).toContain('kind: Deployment')
  })

  it('are checked only by the operator if a webhook may add variables', async () => {
    const values = { env: ROLE, command: { ...CLUSTER, enableWorkerRole: true } }
    for (const serviceAccount of [ANNOTATED, { create: false, name: 'theirs' }]) {
      expect(await template({ ...values, serviceAccount })).toContain('kind: Deployment')
    }
  })

  it('include a choice that is disabled', async () => {
    await expect(template({ command: { ownIdentity: 'worker-role' } })).rejects.toThrow(
      'command.ownIdentity worker-role: requires command.enableWorkerRole',
    )
  })
})
