import type { Findings } from '../findings.ts'
import type { ManifestFields } from '../manifest-fields.ts'
import { mapConditions } from './map-conditions.ts'

/** Options of {@link mapStore}. */
export interface StoreMapping {
  readonly kind: 'SecretStore' | 'ClusterSecretStore'
  /** KMS endpoint, `{region}` standing for the store's. */
  readonly endpoint: string
  readonly findings: Findings
}

const WHO = 'External Secrets Operator'
const TOKEN_DIRECTORY = '/var/run/secrets/'

/** Spec of a store with the provider `alibaba` as a spec of ours. */
export function mapStore(spec: ManifestFields, { kind, endpoint, findings }: StoreMapping): object {
  const alibaba = providerOf(spec, findings)
  if (alibaba === undefined) return {}
  const region = alibaba.requiredText('regionID')
  const auth = alibaba.fields('auth')
  const KMSAuth = auth === undefined ? undefined : mapAuth(auth, kind, findings)
  if (KMSAuth === undefined)
    findings.refuses(alibaba.at('auth'), 'names no identity', 'give auth.secretRef or auth.rrsa')
  auth?.end(WHO)
  alibaba.end(WHO)
  const conditions = mapConditions(spec)
  for (const [name, what, todo] of IGNORED) if (spec.has(name)) findings.changed(spec.at(name), what, todo)
  spec.end(WHO)
  return {
    KMS: { region, endpoint: endpoint.replaceAll('{region}', region), ...(KMSAuth === undefined ? {} : { KMSAuth }) },
    ...(conditions.length === 0 ? {} : { conditions }),
  }
}

/** Fields that say how that operator does its work. */
const IGNORED: readonly (readonly [string, string, string?])[] = [
  [
    'controller',
    'there are no classes of operators here',
    'to share a cluster between operators start them with --watch-namespaces',
  ],
  ['retrySettings', 'what may pass is tried again by itself, with growing pauses up to five minutes'],
  [
    'refreshInterval',
    'a store is looked at when it or its credential changes, and once a minute while it is not ready',
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
    'leave it, and what reads through it, to External Secrets Operator',
  )
  return undefined
}

function mapAuth(auth: ManifestFields, kind: StoreMapping['kind'], findings: Findings): object | undefined {
  const rrsa = auth.fields('rrsa')
  const secretRef = auth.fields('secretRef')
  if (rrsa !== undefined) {
    if (secretRef !== undefined) {
      findings.changed(secretRef.path, 'rrsa beats it there; a store has one identity here, so that it is gone')
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
    'the token is that of the ServiceAccount of ack-secret-manager',
    `mount a token at ${oidcTokenFilePath} and let the trust policy of the role name system:serviceaccount:NAMESPACE:ack-secret-manager`,
  )
  if (!oidcTokenFilePath.startsWith(TOKEN_DIRECTORY)) {
    findings.changed(
      rrsa.at('oidcTokenFilePath'),
      `only files below ${TOKEN_DIRECTORY} may be named`,
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
