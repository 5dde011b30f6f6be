import type { Document } from 'yaml'
import type { Finding, Outcome } from './findings.ts'

/** Names a resource of the manifests. */
export interface ResourceName {
  readonly kind: string
  /** Empty where the manifest has none. */
  readonly namespace: string
  readonly name: string
  /** `file.yaml:12` */
  readonly location: string
}

/** A Secret that another operator has marked as its own. */
export interface OwnedSecret {
  /** Undefined: every namespace that has an ExternalSecret of that name. */
  readonly namespace: string | undefined
  readonly secret: string
  readonly externalSecret: string
}

/** What became of one resource. */
export interface Migrated {
  readonly resource: ResourceName
  readonly outcome: Outcome
  readonly findings: readonly Finding[]
  /** Fields that say the same here. */
  readonly carried: readonly string[]
  /** What stands in its place; undefined where nothing does. */
  readonly document: Document | undefined
  /** A Secret that has to be released before ours can adopt it. */
  readonly owned: OwnedSecret | undefined
}

/** `ExternalSecret shop/web` */
export function resourceText({ kind, namespace, name }: ResourceName): string {
  return `${kind} ${namespace === '' ? name : `${namespace}/${name}`}`
}
