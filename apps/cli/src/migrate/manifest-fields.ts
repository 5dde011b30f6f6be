import { isRecord } from '../manifests/parse-objects.ts'
import type { Findings } from './findings.ts'

/** A mapping of a manifest. Fields that no converter has read are reported as unknown at the end. */
export class ManifestFields {
  readonly path: string
  /** The whole mapping. */
  readonly value: Readonly<Record<string, unknown>>
  readonly #findings: Findings
  readonly #known = new Set<string>()

  constructor(value: Readonly<Record<string, unknown>>, path: string, findings: Findings) {
    this.value = value
    this.path = path
    this.#findings = findings
  }

  /** Path of a field of this mapping. */
  at(name: string): string {
    return this.path === '' ? name : `${this.path}.${name}`
  }

  /** Whether a field is set; `null` and an empty text count as absent, as in the Go types. */
  has(name: string): boolean {
    return this.#look(name) !== undefined
  }

  /** Marks fields that have no effect when the manifest is applied. */
  pass(...names: readonly string[]): void {
    for (const name of names) this.#look(name)
  }

  /** The raw value of a field. */
  raw(name: string): unknown {
    const value = this.#look(name)
    if (value !== undefined) this.#findings.see(this.at(name))
    return value
  }

  text(name: string): string | undefined {
    const value = this.raw(name)
    if (value === undefined || typeof value === 'string') return value
    const hint = typeof value === 'number' || typeof value === 'boolean' ? '; put it in quotes' : ''
    return this.#expected(name, `a text${hint}`)
  }

  requiredText(name: string): string {
    const value = this.text(name)
    if (value === undefined && !this.has(name)) this.#findings.refuses(this.at(name), 'required, but missing')
    return value ?? ''
  }

  number(name: string): number | undefined {
    const value = this.raw(name)
    return value === undefined || typeof value === 'number' ? value : this.#expected(name, 'a number')
  }

  flag(name: string): boolean {
    const value = this.raw(name)
    return value === undefined || typeof value === 'boolean'
      ? value === true
      : (this.#expected(name, 'true or false') ?? false)
  }

  fields(name: string): ManifestFields | undefined {
    const value = this.#look(name)
    if (value === undefined) return undefined
    return isRecord(value)
      ? new ManifestFields(value, this.at(name), this.#findings)
      : this.#expected(name, 'a mapping')
  }

  list(name: string): readonly ManifestFields[] {
    return this.#items(name, this.#look(name)).flatMap((item, index) => {
      const path = `${this.at(name)}[${index}]`
      if (isRecord(item)) return [new ManifestFields(item, path, this.#findings)]
      this.#findings.refuses(path, 'expected a mapping')
      return []
    })
  }

  texts(name: string): readonly string[] {
    return this.#items(name, this.raw(name)).flatMap((item, index) => {
      if (typeof item === 'string') return [item]
      this.#findings.refuses(`${this.at(name)}[${index}]`, 'expected a text; put it in quotes')
      return []
    })
  }

  /** A mapping of texts. */
  map(name: string): Readonly<Record<string, string>> {
    const value = this.raw(name)
    if (value === undefined) return {}
    if (!isRecord(value)) return this.#expected(name, 'a mapping') ?? {}
    return Object.fromEntries(
      Object.entries(value).flatMap(([key, text]) => {
        if (typeof text === 'string') return [[key, text]]
        this.#findings.refuses(`${this.at(name)}[${JSON.stringify(key)}]`, 'expected a text; put it in quotes')
        return []
      }),
    )
  }

  /** Reports every field that was not read. */
  end(who: string): void {
    for (const name of Object.keys(this.value)) {
      if (!this.#known.has(name)) this.#findings.leftOut(this.at(name), `${who} has no such field`, 'remove it')
    }
  }

  #look(name: string): unknown {
    this.#known.add(name)
    const value = Object.hasOwn(this.value, name) ? this.value[name] : undefined
    return value === null || value === '' ? undefined : value
  }

  #items(name: string, value: unknown): readonly unknown[] {
    if (value === undefined || Array.isArray(value)) return value ?? []
    return this.#expected(name, 'a list') ?? []
  }

  #expected(name: string, what: string): undefined {
    this.#findings.refuses(this.at(name), `expected ${what}`)
  }
}
