import type { TemplateTexts } from './template-texts.ts'

/**
 * What becomes of something that a manifest says: it means something else here, it is left out and the Secret stays the same
 * without it, the resource comes out suspended because the Secret would not, or the resource does not come out at all.
 */
export type Effect = 'changed' | 'left-out' | 'suspended' | 'not-converted'

/** One thing that does not simply carry over. */
export interface Finding {
  readonly effect: Effect
  /** Path in the manifest, such as `spec.data[0].remoteRef.property`. */
  readonly field: string
  /** Why, as a sentence without its full stop. */
  readonly what: string
  /** What to do about it. */
  readonly todo?: string
}

/** What became of a resource as a whole. */
export type Outcome = 'converted' | 'suspended' | 'not-converted'

/** Everything that there is to say of one resource, in the order in which it was found. */
export class Findings {
  readonly #seen = new Set<string>()
  readonly #found = new Map<string, Finding>()
  readonly #templates: TemplateTexts

  constructor(templates: TemplateTexts) {
    this.#templates = templates
  }

  /** A field was looked at, and says the same here unless something else is said of it. */
  see(field: string): void {
    this.#seen.add(field)
  }

  changed(field: string, what: string, todo?: string): void {
    this.#add('changed', field, what, todo)
  }

  leftOut(field: string, what: string, todo?: string): void {
    this.#add('left-out', field, what, todo)
  }

  /** Without it another Secret would be written, so that nothing may be until somebody has looked. */
  suspends(field: string, what: string, todo?: string): void {
    this.#add('suspended', field, what, todo)
  }

  /** There is nothing of ours that would do the same. */
  refuses(field: string, what: string, todo?: string): void {
    this.#add('not-converted', field, what, todo)
  }

  /** A template, which has to be one that can be rendered here. */
  template(field: string, text: string): void {
    for (const { what, todo } of this.#templates.problemsOf(text)) this.suspends(field, what, todo)
  }

  /** A template under a key of a ConfigMap. */
  templateOfConfigMap(field: string, name: string, key: string): void {
    const problems = this.#templates.problemsOfConfigMap(name, key)
    if (problems === undefined) {
      this.changed(
        field,
        `ConfigMap ${name} is not among the manifests: its templates were not looked at`,
        'give it with -f as well',
      )
    }
    for (const { what, todo } of problems ?? []) this.suspends(field, `${key} of ConfigMap ${name}: ${what}`, todo)
  }

  get all(): readonly Finding[] {
    return [...this.#found.values()]
  }

  get outcome(): Outcome {
    const has = (effect: Effect): boolean => this.all.some((finding) => finding.effect === effect)
    return has('not-converted') ? 'not-converted' : has('suspended') ? 'suspended' : 'converted'
  }

  /** Fields that say the same here. */
  get carried(): readonly string[] {
    if (this.outcome === 'not-converted') return []
    const told = new Set(this.all.map(({ field }) => field))
    return [...this.#seen].filter((field) => !told.has(field))
  }

  #add(effect: Effect, field: string, what: string, todo: string | undefined): void {
    // Said once, however many ways lead to it.
    this.#found.set(`${effect} ${field} ${what}`, { effect, field, what, ...(todo === undefined ? {} : { todo }) })
  }
}
