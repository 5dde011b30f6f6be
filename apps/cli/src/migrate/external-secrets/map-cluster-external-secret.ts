import { defined, parseDuration } from '@ack-secret-manager/core'
import type { ManifestFields } from '../manifest-fields.ts'
import { askingForAdoption } from '../migrated-metadata.ts'
import { type ExternalSecretMapping, mapExternalSecret, type MappedExternalSecret } from './map-external-secret.ts'

const WHO = 'External Secrets Operator'

/** The converted spec, and the name of the ExternalSecrets that it creates. */
export interface MappedClusterExternalSecret extends MappedExternalSecret {
  readonly externalSecretName: string | undefined
}

/** Converts the spec of a ClusterExternalSecret. */
export function mapClusterExternalSecret(
  spec: ManifestFields,
  { findings, stores, generators }: Pick<ExternalSecretMapping, 'findings' | 'generators' | 'stores'>,
  adopt: boolean,
): MappedClusterExternalSecret {
  const externalSecretName = spec.text('externalSecretName')
  const made = spec.fields('externalSecretMetadata')
  const labels = made?.map('labels') ?? {}
  const annotations = made?.map('annotations') ?? {}
  made?.end(WHO)
  const inner = spec.fields('externalSecretSpec')
  if (inner === undefined) findings.refuses(spec.at('externalSecretSpec'), 'required, but missing')
  const mapped =
    inner === undefined
      ? undefined
      : mapExternalSecret(inner, { findings, stores, generators, metadata: { labels, annotations } })
  const selectors = [
    ...single(spec.raw('namespaceSelector')),
    ...spec.list('namespaceSelectors').map((each) => each.value),
  ]
  const namespaces = spec.texts('namespaces')
  if (selectors.length + namespaces.length === 0) {
    findings.refuses(
      spec.path,
      'it selects no namespace there; here a ClusterExternalSecret without selectors selects all namespaces',
      'set conditions for the namespaces',
    )
  }
  const refreshTime = spec.text('refreshTime')
  // Zero means there what an absent field means here: reconciled on changes only.
  const rotationInterval = refreshTime === '0' || parseDuration(refreshTime ?? '') === 0 ? undefined : refreshTime
  spec.end(WHO)
  const metadata = {
    ...(Object.keys(labels).length === 0 ? {} : { labels }),
    ...(Object.keys(annotations).length === 0 ? {} : { annotations }),
  }
  const externalSecretMetadata = adopt ? askingForAdoption(metadata) : metadata
  return {
    spec: {
      ...defined({ externalSecretName }),
      ...(Object.keys(externalSecretMetadata).length === 0 ? {} : { externalSecretMetadata }),
      ...(selectors.length === 0 ? {} : { namespaceSelectors: selectors }),
      ...(namespaces.length === 0 ? {} : { conditions: [{ namespaces }] }),
      ...defined({ rotationInterval }),
      externalSecretSpec: mapped?.spec,
    },
    target: mapped?.target,
    isOwned: mapped?.isOwned ?? false,
    externalSecretName,
  }
}

function single(value: unknown): readonly unknown[] {
  return value === undefined ? [] : [value]
}
