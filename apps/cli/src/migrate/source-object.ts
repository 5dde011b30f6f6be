import type { Document } from 'yaml'

/** An object of a manifest, as people wrote it. */
export interface SourceObject {
  /** `file.yaml:12` */
  readonly location: string
  readonly apiVersion: string
  readonly kind: string
  readonly value: Readonly<Record<string, unknown>>
  /** With comments and layout. */
  readonly document: Document
}

/** Documents of one file, in their order; what is no Kubernetes object passes through. */
export interface SourceFile {
  readonly label: string
  readonly documents: readonly (SourceObject | { readonly document: Document; readonly kind?: never })[]
}
