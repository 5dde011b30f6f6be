import { defined } from '@ack-secret-manager/core'
import type { Findings } from '../findings.ts'
import type { ManifestFields } from '../manifest-fields.ts'
import { mapConditions } from './map-conditions.ts'

/** Options of {@link mapStore}. */
export interface StoreMapping {
  readonly kind: 'SecretStore' | 'ClusterSecretStore'
  /** KMS endpoint; `{region}` is replaced by the region of the store. */
  readonly endpoint: string
  readonly findings: Findings
}

const WHO = 'External Secrets Operator'
const TOKEN_DIRECTORY = '/var/run/secrets/'

/** Converts the spec of a store with the provider `alibaba`. */
export function mapStore(spec: ManifestFields, { kind, endpoint, findings }: StoreMapping): object {
  const alibaba = providerOf(spec, findings)
  if (alibaba === undefined) return {}
  const region = alibaba.requiredText('regionID')
  const auth = alibaba.fields('auth')
  const KMSAuth = auth === undefined ? undefined : mapAuth(auth, kind, findings)
  if (KMSAuth === undefined) findings.refuses(alibaba.at('auth'), 'has no identity', 'set auth.secretRef or auth.rrsa')
  auth?.end(WHO)
  alibaba.end(WHO)
  const conditions = mapConditions(spec)
  for (const [name, what, todo] of IGNORED) if (spec.has(name)) findings.changed(spec.at(name), what, todo)
  spec.end(WHO)
  return {
    KMS: { region, endpoint: endpoint.replaceAll('{region}', region), ...defined({ KMSAuth }) },
    ...(conditions.length === 0 ? {} : { conditions }),
  }
}

/** Fields that configure that operator itself. */
const IGNORED: readonly (readonly [string, string, string?])[] = [
  [
    'controller',
    'controller classes are not supported',
    'to run several operators in a cluster, start them with --watch-namespaces',
  ],
  ['retrySettings', 'transient failures are always retried, with a backoff of up to five minutes'],
  [
    'refreshInterval',
    'a store is reconciled when it or its credential changes, and once a minute while it is not ready',
  ],
]

function providerOf(spec: ManifestFields, findings: Findings): ManifestFields | undefined {
  const provider = spec.fields('provider')
  if (provider?.has('alibaba') === true) {
    const alibaba = provider.fields('alibaba')
    provider.end(WHO)
    return alibaba
  }
  findings.refuses(
    spec.at('provider'),
    `its provider is ${Object.keys(provider?.value ?? {})[0] ?? 'none'}; only alibaba leads to Alibaba Cloud KMS`,
    'keep it, and resources that use it, in External Secrets Operator',
  )
  return undefined
}

function mapAuth(auth: ManifestFields, kind: StoreMapping['kind'], findings: Findings): object | undefined {
  const rrsa = auth.fields('rrsa')
  const secretRef = auth.fields('secretRef')
  if (rrsa !== undefined) {
    if (secretRef !== undefined) {
      findings.changed(
        secretRef.path,
        'rrsa takes precedence there; a store has one identity here, so this one is removed',
      )
    }
    return mapRrsa(rrsa, findings)
  }
  if (secretRef === undefined) return undefined
  const accessKey = mapSecretRef(secretRef, 'accessKeyIDSecretRef', kind, findings)
  const accessKeySecret = mapSecretRef(secretRef, 'accessKeySecretSecretRef', kind, findings)
  secretRef.end(WHO)
  return { accessKey, accessKeySecret }
}

function mapRrsa(rrsa: ManifestFields, findings: Findings): object {
  const oidcTokenFilePath = rrsa.requiredText('oidcTokenFilePath')
  const mapped = {
    ramRoleARN: rrsa.requiredText('roleArn'),
    ramRoleSessionName: rrsa.requiredText('sessionName'),
    oidcProviderARN: rrsa.requiredText('oidcProviderArn'),
    oidcTokenFilePath,
  }
  rrsa.end(WHO)
  findings.changed(
    rrsa.path,
    'the token is from the ServiceAccount of ack-secret-manager',
    `mount a token at ${oidcTokenFilePath} and let the trust policy of the role name system:serviceaccount:NAMESPACE:ack-secret-manager`,
  )
  if (!oidcTokenFilePath.startsWith(TOKEN_DIRECTORY)) {
    findings.changed(
      rrsa.at('oidcTokenFilePath'),
      `only files below ${TOKEN_DIRECTORY} are allowed`,
      'mount it there, or start the operator with --allow-token-path',
    )
  }
  return mapped
}

function mapSecretRef(auth: ManifestFields, name: string, kind: StoreMapping['kind'], findings: Findings): object {
  const ref = auth.fields(name)
  if (ref === undefined) {
    if (!auth.has(name)) findings.refuses(auth.at(name), 'required, but missing')
    return {}
  }
  const mapped = { name: ref.requiredText('name'), key: ref.requiredText('key') }
  const namespace = ref.text('namespace')
  ref.end(WHO)
  if (kind === 'ClusterSecretStore' && namespace === undefined) {
    findings.refuses(
      ref.at('namespace'),
      'a ClusterSecretStore reads its credential from one namespace here, not from that of each resource',
      'name the namespace, or make a SecretStore in each of them',
    )
  }
  return namespace === undefined ? mapped : { ...mapped, namespace }
}
