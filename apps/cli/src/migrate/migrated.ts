import type { Document } from 'yaml'
import type { Finding, Outcome } from './findings.ts'

/** Reference to a resource of the manifests. */
export interface ResourceName {
  readonly kind: string
  /** Empty if the manifest has none. */
  readonly namespace: string
  readonly name: string
  /** `file.yaml:12` */
  readonly location: string
}

/** A Secret that another operator owns. */
export interface OwnedSecret {
  /** Empty: the namespace of kubectl, unless `clusterExternalSecret` is set. */
  readonly namespace: string
  readonly secret: string
  readonly externalSecret: string
  /** The Secret is in every namespace in which this ClusterExternalSecret created the ExternalSecret. */
  readonly clusterExternalSecret?: string
}

/** Result of one resource. */
export interface Migrated {
  readonly resource: ResourceName
  readonly outcome: Outcome
  readonly findings: readonly Finding[]
  /** Paths of fields that are kept. */
  readonly carried: readonly string[]
  /** The converted resource; undefined if there is none. */
  readonly document: Document | undefined
  /** A Secret that must be released before it can be adopted. */
  readonly owned: OwnedSecret | undefined
}

/** `ExternalSecret shop/web` */
export function resourceText({ kind, namespace, name }: ResourceName): string {
  return `${kind} ${namespace === '' ? name : `${namespace}/${name}`}`
}
