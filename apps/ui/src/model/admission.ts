import type { KubeObject } from '@ack-secret-manager/k8s-client'
import type { StoreName } from '@ack-secret-manager/resource-view'
import {
  API_VERSION,
  type NamespaceCondition,
  parseClusterSecretStore,
  parseSecretStore,
} from '@ack-secret-manager/resources'
import type { AdmissionView } from './views/store.ts'

const ALL: AdmissionView = { conditions: [], allow: [] }

/** Who may use a store; nothing of an invalid one, which nothing may use. Pure. */
export function admissionOf(kind: StoreName['kind'], raw: KubeObject): AdmissionView {
  const parse = kind === 'SecretStore' ? parseSecretStore : parseClusterSecretStore
  // Items of a list have neither apiVersion nor kind.
  const parsed = parse({ ...raw, apiVersion: API_VERSION, kind }, { unknownFields: 'ignore' })
  if (!parsed.ok) return ALL
  const { conditions = [], allow = [], maxSecretsPerNamespace, maxReadsPerSecond } = parsed.resource.spec
  return {
    conditions: conditions.map(({ namespaces, namespaceRegexes, namespaceSelector }) => ({
      namespaces,
      regexes: namespaceRegexes,
      labels: namespaceSelector === undefined ? '' : selectorText(namespaceSelector),
    })),
    allow: allow.map(({ namespaces, secrets, endpoints }) => ({ namespaces, secrets, endpoints })),
    ...(maxSecretsPerNamespace === undefined ? {} : { maxSecretsPerNamespace }),
    ...(maxReadsPerSecond === undefined ? {} : { maxReadsPerSecond }),
  }
}

/** A selector as `kubectl get -l` takes it; `*` for one that selects everything. */
function selectorText({ matchLabels, matchExpressions }: NonNullable<NamespaceCondition['namespaceSelector']>): string {
  const labels = Object.entries(matchLabels).map(([key, value]) => `${key}=${value}`)
  const expressions = matchExpressions.map(({ key, operator, values }) => {
    if (operator === 'Exists') return key
    if (operator === 'DoesNotExist') return `!${key}`
    return `${key} ${operator === 'In' ? 'in' : 'notin'} (${values.join(',')})`
  })
  const parts = [...labels, ...expressions]
  return parts.length === 0 ? '*' : parts.join(',')
}
