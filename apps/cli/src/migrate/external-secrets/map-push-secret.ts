import { defined, parseDuration } from '@ack-secret-manager/core'
import { LIMITS } from '@ack-secret-manager/resources'
import type { Findings } from '../findings.ts'
import type { ManifestFields } from '../manifest-fields.ts'
import type { MigratedMetadata } from '../migrated-metadata.ts'
import type { EsoStoreRef, StoreIndex } from './store-index.ts'

/** Context of the conversion of a PushSecret. */
export interface PushSecretMapping {
  readonly findings: Findings
  readonly stores: StoreIndex
  readonly metadata: Pick<MigratedMetadata, 'namespace'>
}

const WHO = 'External Secrets Operator'
const LONGEST = `${LIMITS.maxIntervalMs / 3_600_000}h`

/** Converts the spec of a PushSecret. */
export function mapPushSecret(spec: ManifestFields, mapping: PushSecretMapping): object {
  const { findings } = mapping
  const secretStoreRef = mapStoreRefs(spec, mapping)
  const selector = mapSelector(spec, findings)
  const data = spec.list('data').map((entry) => mapEntry(entry, findings))
  if (data.length === 0) findings.refuses(spec.at('data'), 'no entries remain')
  const names = data.map(({ key }) => key)
  for (const [index, key] of names.entries()) {
    if (key === '' || names.indexOf(key) === index) continue
    const what = `another entry pushes to ${key} too; there the later one won`
    findings.refuses(`${spec.at('data')}[${index}].match.remoteRef.remoteKey`, what, 'remove one of them')
  }
  for (const [name, what, todo] of REFUSED) if (spec.has(name)) findings.refuses(spec.at(name), what, todo)
  const updatePolicy = spec.text('updatePolicy')
  const deletionPolicy = spec.text('deletionPolicy')
  const refreshInterval = mapInterval(spec, findings)
  spec.end(WHO)
  findings.changed(
    spec.path,
    'the store must allow the writes (allowPush), and a KMS secret that already exists must have the tag acksm:owner',
    `add allowPush to the store: [{secrets: [${names.join(', ')}]}]`,
  )
  return { secretStoreRef, selector, data, ...defined({ updatePolicy, deletionPolicy, refreshInterval }) }
}

/** Fields without an equivalent. */
const REFUSED: readonly (readonly [string, string, string])[] = [
  ['dataTo', 'keys are not selected by a pattern', 'list each key in data'],
  ['template', 'values are pushed as they are', 'render them into a Secret, and push that'],
]

function mapStoreRefs(spec: ManifestFields, { findings, stores, metadata }: PushSecretMapping): object {
  const [first, ...others] = spec.list('secretStoreRefs')
  if (first === undefined) findings.refuses(spec.at('secretStoreRefs'), 'required, but missing')
  for (const { path } of others) findings.refuses(path, 'a PushSecret writes to one store', 'make one for each store')
  if (first?.has('labelSelector') === true)
    findings.refuses(first.at('labelSelector'), 'stores are not selected by labels', 'name the store')
  const name = first?.requiredText('name') ?? ''
  const kind = first?.text('kind') ?? 'SecretStore'
  first?.end(WHO)
  const provider = stores.providerOf({ kind: kind as EsoStoreRef['kind'], name }, metadata.namespace ?? '')
  if (first !== undefined && provider !== undefined && provider !== 'alibaba') {
    const what = `it writes to ${kind} ${name}, whose provider is ${provider}`
    findings.refuses(first.path, what, 'keep it in External Secrets Operator')
  }
  return kind === 'SecretStore' ? { name } : { name, kind }
}

function mapSelector(spec: ManifestFields, findings: Findings): object {
  const selector = spec.fields('selector')
  const secret = selector?.fields('secret')
  if (selector?.has('generatorRef') === true)
    findings.refuses(selector.at('generatorRef'), 'generators are not supported', 'push a Secret')
  if (secret?.has('selector') === true)
    findings.refuses(secret.at('selector'), 'Secrets are not selected by labels', 'make a PushSecret for each Secret')
  if (secret === undefined && selector?.has('generatorRef') !== true)
    findings.refuses(spec.at('selector.secret'), 'required, but missing')
  const name = secret?.has('selector') === true ? '' : (secret?.requiredText('name') ?? '')
  secret?.end(WHO)
  selector?.end(WHO)
  return { name }
}

function mapEntry(entry: ManifestFields, findings: Findings): { readonly key: string; readonly secretKey?: string } {
  const match = entry.fields('match')
  const remote = match?.fields('remoteRef')
  const key = remote?.requiredText('remoteKey') ?? ''
  if (remote === undefined) findings.refuses(entry.at('match.remoteRef'), 'required, but missing')
  if (key.includes('{{'))
    findings.refuses(remote?.at('remoteKey') ?? entry.path, 'it would be a template here', 'name the secret otherwise')
  if (remote?.has('property') === true) {
    const todo = 'push the whole Secret as JSON (no secretKey), or each key to a secret of its own'
    findings.refuses(remote.at('property'), 'a member of a JSON document in KMS is not changed alone', todo)
  }
  const strategy = entry.text('conversionStrategy') ?? 'None'
  if (strategy !== 'None')
    findings.refuses(
      entry.at('conversionStrategy'),
      `keys are not converted by ${strategy}`,
      'rename the keys of the Secret',
    )
  if (entry.has('metadata'))
    findings.leftOut(entry.at('metadata'), 'tags and descriptions are not pushed', 'set them with acksm tag')
  const secretKey = match?.text('secretKey')
  remote?.end(WHO)
  match?.end(WHO)
  entry.end(WHO)
  return { key, ...defined({ secretKey }) }
}

/** Undefined without one: the default is 1h there and here. */
function mapInterval(spec: ManifestFields, findings: Findings): string | undefined {
  const given = spec.text('refreshInterval')
  if (given === undefined) return undefined
  const field = spec.at('refreshInterval')
  const ms = parseDuration(given === '0' ? '0s' : given)
  if (ms === undefined) {
    findings.refuses(field, `${given} is not a duration`, 'use a duration such as 90s or 1h30m')
    return undefined
  }
  if (ms === 0) {
    findings.changed(field, `it is compared every ${LONGEST}, and when the Secret changes or the operator starts`)
    return LONGEST
  }
  if (ms < LIMITS.minPushIntervalMs) {
    findings.changed(field, 'the minimum is 1m; a change of the Secret is pushed at once')
    return '1m'
  }
  if (ms <= LIMITS.maxIntervalMs) return given
  findings.changed(field, `the maximum is ${LONGEST}`)
  return LONGEST
}
