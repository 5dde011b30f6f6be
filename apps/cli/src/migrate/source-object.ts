import type { Document } from 'yaml'

/** An object of a manifest, with its document. */
export interface SourceObject {
  /** `file.yaml:12` */
  readonly location: string
  readonly apiVersion: string
  readonly kind: string
  readonly value: Readonly<Record<string, unknown>>
  /** With comments and layout. */
  readonly document: Document
}

/** Documents of one file, in order. Documents that are not Kubernetes objects are kept unchanged. */
export interface SourceFile {
  readonly label: string
  /** As of the manifest file. */
  readonly folder: string
  readonly documents: readonly (SourceObject | { readonly document: Document; readonly kind?: never })[]
}
