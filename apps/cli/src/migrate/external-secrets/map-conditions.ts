import { defined } from '@ack-secret-manager/core'
import type { ManifestFields } from '../manifest-fields.ts'
import { wholeName } from '../whole-name.ts'

/** Conditions of a ClusterSecretStore. Regular expressions match anywhere there, and the whole name here. */
export function mapConditions(spec: ManifestFields): readonly object[] {
  return spec.list('conditions').map((condition) => {
    const namespaceSelector = condition.raw('namespaceSelector')
    const namespaces = condition.texts('namespaces')
    const namespaceRegexes = condition.texts('namespaceRegexes').map(wholeName)
    condition.end('External Secrets Operator')
    return {
      ...defined({ namespaceSelector }),
      ...(namespaces.length === 0 ? {} : { namespaces }),
      ...(namespaceRegexes.length === 0 ? {} : { namespaceRegexes }),
    }
  })
}
