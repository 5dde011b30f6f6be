import type { AccessKey, AccessKeys, KeyRing } from '../gateway/access-keys.ts'
import type { Sessions } from './sessions.ts'

/** All identities that can sign: access keys and sessions. */
export class Principals implements KeyRing {
  readonly #accessKeys: AccessKeys
  readonly #sessions: Sessions

  constructor(options: { readonly accessKeys: AccessKeys; readonly sessions: Sessions }) {
    this.#accessKeys = options.accessKeys
    this.#sessions = options.sessions
  }

  get(id: string): AccessKey | undefined {
    return this.#accessKeys.get(id) ?? this.#sessions.get(id)
  }

  identityOf(id: string): string {
    return this.#sessions.arnOf(id) ?? id
  }
}
