import { Document, isMap, isScalar, visit } from 'yaml'
import type { SourceObject } from '../source-object.ts'

/** Path of a field: names and indices. */
export type FieldPath = readonly (string | number)[]

/** The path of a field that is written like `spec.data[0].name`. */
export function pathOf(field: string): FieldPath {
  return [...field.matchAll(/\[(\d+)\]|([^.[\]]+)/g)].map(([, index, name = '']) =>
    index === undefined ? name : Number(index),
  )
}

/** Edits fields of a manifest and keeps comments and layout of the rest. */
export class DocumentEditor {
  readonly document: Document

  constructor({ document, value }: Pick<SourceObject, 'document' | 'value'>) {
    let hasAlias = false
    visit(document, { Alias: () => ((hasAlias = true), visit.BREAK) })
    // An anchor may be used by other aliases of the document.
    this.document = hasAlias ? new Document(value, { version: '1.1', aliasDuplicateObjects: false }) : document
  }

  set(path: FieldPath, value: unknown): void {
    for (let length = 1; length < path.length; length += 1) {
      const above = path.slice(0, length)
      // The mapping is absent, or `annotations:` has no value. Without this, setIn would create an ordered map of YAML 1.1.
      const isMissing = (this.document.getIn(above) ?? null) === null
      if (isMissing) this.document.setIn(above, this.document.createNode({}))
    }
    this.document.setIn(path, value)
  }

  /** Removes a field, and mappings that become empty. */
  remove(path: FieldPath): void {
    if (!this.document.hasIn(path)) return
    this.document.deleteIn(path)
    const parent = path.slice(0, -1)
    const rest: unknown = this.document.getIn(parent)
    if (parent.length > 1 && isMap(rest) && rest.items.length === 0) this.remove(parent)
  }

  rename(path: FieldPath, name: string): void {
    const map: unknown = this.document.getIn(path.slice(0, -1))
    if (!isMap(map)) return
    for (const { key } of map.items) if (isScalar(key) && key.value === path.at(-1)) key.value = name
  }
}
