import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it, vi } from 'vitest'
import { parse } from 'yaml'
import { type EvaluatedModule, evaluateModule } from './programs/terraform-module.ts'
import { useHelm } from './programs/use-helm.ts'
import { ROOT } from './root.ts'

const MODULE = fileURLToPath(new URL('examples/terraform/', ROOT))
const VARIABLES = {
  account_id: '1234567890123456',
  region: 'cn-hangzhou',
  cluster_id: 'c1',
  issuer_url: 'https://oidc.example',
  secrets: ['shop/*'],
  keys: ['key-1'],
}
const OTHER_CLUSTER = { cluster_id: '', create_oidc_provider: true, oidc_provider_name: 'lab', fingerprints: ['ab'] }
const PROVIDER = 'alicloud_ims_oidc_provider.cluster'
const ROLE = 'alicloud_ram_role.operator'
const POLICY = 'alicloud_ram_policy.secrets'

/** Arguments of the provider's resources, from its documentation; those that are deprecated are not among them. */
const ARGUMENTS: Readonly<
  Record<string, { readonly required: readonly string[]; readonly optional: readonly string[] }>
> = {
  alicloud_ims_oidc_provider: {
    required: ['issuer_url', 'oidc_provider_name'],
    optional: ['client_ids', 'description', 'fingerprints', 'issuance_limit_time'],
  },
  alicloud_ram_role: {
    required: ['role_name', 'assume_role_policy_document'],
    optional: ['description', 'force', 'max_session_duration', 'tags'],
  },
  alicloud_ram_policy: {
    required: ['policy_name', 'policy_document'],
    optional: ['description', 'force', 'rotate_strategy', 'tags'],
  },
  alicloud_ram_role_policy_attachment: { required: ['policy_name', 'policy_type', 'role_name'], optional: [] },
}

/** The trust policy and the policy of the guide, with the values of {@link VARIABLES}. */
function documentsOfGuide(): unknown[] {
  const guide = readFileSync(new URL('docs/guides/rrsa.md', ROOT), 'utf8')
    .replaceAll('YOUR_ACCOUNT', VARIABLES.account_id)
    .replaceAll('CLUSTER_ID', VARIABLES.cluster_id)
    .replaceAll('ISSUER_URL', VARIABLES.issuer_url)
    .replaceAll('YOUR_KEY', 'key-1')
  return [...guide.matchAll(/^```json\n(.*?)^```/gms)].map(([, json = '']) => JSON.parse(json) as unknown)
}

describe('examples/terraform', () => {
  const helm = useHelm()
  // The first run on a machine builds the evaluator.
  vi.setConfig({ testTimeout: 20 * 60_000 })

  const evaluated = (variables: object = {}): Promise<EvaluatedModule> =>
    evaluateModule(MODULE, { ...VARIABLES, ...variables })
  const documentOf = ({ resources }: EvaluatedModule, name: string, argument: string): unknown =>
    JSON.parse(String(resources[name]?.[argument]))

  it('has the policies of the guide', async () => {
    const module = await evaluated()
    expect([
      documentOf(module, ROLE, 'assume_role_policy_document'),
      documentOf(module, POLICY, 'policy_document'),
    ]).toEqual(documentsOfGuide())
  })

  it('is formatted, refers to each of its variables, and attaches the policy to the role', async () => {
    const module = await evaluated(OTHER_CLUSTER)
    expect(module).toMatchObject({ unformatted: [], unused: [], failed: [] })
    expect(module.resources['alicloud_ram_role_policy_attachment.operator']).toEqual({
      role_name: module.resources[ROLE]?.['role_name'],
      policy_name: module.resources[POLICY]?.['policy_name'],
      policy_type: 'Custom',
    })
  })

  it('has only arguments that the provider documents, and all that are required', async () => {
    const { resources } = await evaluated(OTHER_CLUSTER)
    expect(new Set(Object.keys(resources).map((name) => name.split('.')[0]))).toEqual(new Set(Object.keys(ARGUMENTS)))
    for (const [name, given] of Object.entries(resources)) {
      const { required = [], optional = [] } = ARGUMENTS[name.split('.')[0] ?? ''] ?? {}
      const missing = required.filter((argument) => !(argument in given))
      const unknown = Object.keys(given).filter((argument) => ![...required, ...optional].includes(argument))
      expect({ name, missing, unknown }).toEqual({ name, missing: [], unknown: [] })
    }
  })

  it('creates an OIDC provider only for a cluster that is not ACK, and trusts that one', async () => {
    expect((await evaluated()).resources).not.toHaveProperty([PROVIDER])
    const module = await evaluated(OTHER_CLUSTER)
    expect(module.resources[PROVIDER]).toMatchObject({ oidc_provider_name: 'lab', client_ids: ['sts.aliyuncs.com'] })
    expect(documentOf(module, ROLE, 'assume_role_policy_document')).toMatchObject({
      Statement: [{ Principal: { Federated: ['acs:ram::1234567890123456:oidc-provider/lab'] } }],
    })
  })

  it('allows no decryption without keys', async () => {
    const policy = documentOf(await evaluated({ keys: [] }), POLICY, 'policy_document')
    expect(policy).toMatchObject({ Statement: [{ Action: ['kms:GetSecretValue'] }] })
    expect(JSON.stringify(policy)).not.toContain('kms:Decrypt')
  })

  it('has values with which the chart mounts the token of the trusted ServiceAccount', async () => {
    const variables = { namespace: 'system', service_account: 'reader' }
    const module = await evaluated(variables)
    const values = parse(module.outputs['chart_values'] ?? '') as object
    const objects = await helm.manifests({ release: 'any', namespace: 'system', values })
    const deployment = JSON.stringify(objects.find(({ kind }) => kind === 'Deployment'))
    expect(deployment).toContain('"serviceAccountName":"reader"')
    expect(deployment).toContain('"audience":"sts.aliyuncs.com"')
    expect(deployment).toContain('"value":"acs:ram::1234567890123456:role/ack-secret-manager"')
    expect(deployment).toContain('"--region=cn-hangzhou"')
    expect(documentOf(module, ROLE, 'assume_role_policy_document')).toMatchObject({
      Statement: [{ Condition: { StringEquals: { 'oidc:sub': 'system:serviceaccount:system:reader' } } }],
    })
  })

  it.each<[string, object, string]>([
    ['an account that is a name', { account_id: 'shop' }, 'account_id has digits only.'],
    ['an issuer without TLS', { issuer_url: 'http://oidc.example' }, 'issuer_url starts with https://.'],
    ['no secret', { secrets: [] }, 'secrets has at least one name.'],
    ['no cluster', { cluster_id: '' }, 'Set cluster_id of an ACK cluster, or create_oidc_provider'],
    ['two clusters', { create_oidc_provider: true }, 'Set cluster_id of an ACK cluster, or create_oidc_provider'],
  ])('refuses %s', async (_what, variables, message) => {
    expect((await evaluated(variables)).failed).toEqual([expect.stringContaining(message)])
  })

  it('requires what has no default', async () => {
    await expect(evaluateModule(MODULE, {})).rejects.toThrow(
      /variable (account_id|region|issuer_url|secrets) is required/,
    )
  })
})
