import { defined } from '@ack-secret-manager/core'
import type { TemplateTexts } from './template-texts.ts'

/**
 * Effect of a field on the conversion: its meaning changes; it is removed without an effect on the Secret; the resource is
 * suspended because the Secret would change; or the resource cannot be converted.
 */
export type Effect = 'changed' | 'left-out' | 'suspended' | 'not-converted'

/** One field that is not kept unchanged. */
export interface Finding {
  readonly effect: Effect
  /** Path in the manifest, such as `spec.data[0].remoteRef.property`. */
  readonly field: string
  /** The cause, as a sentence without a full stop. */
  readonly what: string
  /** What to do about it. */
  readonly todo?: string
}

/** Result of the conversion of a resource. */
export type Outcome = 'converted' | 'suspended' | 'not-converted'

/** Findings of one resource, in order. */
export class Findings {
  readonly #seen = new Set<string>()
  readonly #found = new Map<string, Finding>()
  readonly #templates: TemplateTexts

  constructor(templates: TemplateTexts) {
    this.#templates = templates
  }

  /** Records a field, which counts as kept unless it has a finding. */
  see(field: string): void {
    this.#seen.add(field)
  }

  changed(field: string, what: string, todo?: string): void {
    this.#add('changed', field, what, todo)
  }

  leftOut(field: string, what: string, todo?: string): void {
    this.#add('left-out', field, what, todo)
  }

  /** The Secret would change, so the resource is suspended until a user has reviewed it. */
  suspends(field: string, what: string, todo?: string): void {
    this.#add('suspended', field, what, todo)
  }

  /** The resource has no equivalent. */
  refuses(field: string, what: string, todo?: string): void {
    this.#add('not-converted', field, what, todo)
  }

  /** Checks whether a template can be rendered. */
  template(field: string, text: string): void {
    for (const { what, todo } of this.#templates.problemsOf(text)) this.suspends(field, what, todo)
  }

  /** Checks a template in a ConfigMap. */
  templateOfConfigMap(field: string, name: string, key: string): void {
    const problems = this.#templates.problemsOfConfigMap(name, key)
    if (problems === undefined) {
      this.changed(
        field,
        `ConfigMap ${name} is not among the manifests: its templates were not checked`,
        'add its file with -f',
      )
    }
    for (const { what, todo } of problems ?? []) this.suspends(field, `${key} of ConfigMap ${name}: ${what}`, todo)
  }

  /** Reports a Secret with templates, which are not read because they may contain credentials. */
  templateOfSecret(field: string, name: string): void {
    const todo = 'check that they use only functions that exist here'
    this.changed(field, `the templates in Secret ${name} were not checked`, todo)
  }

  get all(): readonly Finding[] {
    return [...this.#found.values()]
  }

  get outcome(): Outcome {
    const has = (effect: Effect): boolean => this.all.some((finding) => finding.effect === effect)
    return has('not-converted') ? 'not-converted' : has('suspended') ? 'suspended' : 'converted'
  }

  /** Paths of fields that are kept. */
  get carried(): readonly string[] {
    if (this.outcome === 'not-converted') return []
    const changed = new Set(this.all.map(({ field }) => field))
    return [...this.#seen].filter((field) => !changed.has(field))
  }

  #add(effect: Effect, field: string, what: string, todo: string | undefined): void {
    // Deduplicated, because several checks may report the same.
    this.#found.set(`${effect} ${field} ${what}`, { effect, field, what, ...defined({ todo }) })
  }
}
