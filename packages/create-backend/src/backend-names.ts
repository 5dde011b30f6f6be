/** Names of a backend and its parts. */
export interface BackendNames {
  /** `hashi-vault` */
  readonly name: string
  /** Without the suffix `-backend`, which all parts have. */
  readonly base: string
  /** `HashiVault` */
  readonly Type: string
  /** `hashiVault` */
  readonly value: string
  /** `HASHI_VAULT` */
  readonly CONSTANT: string
}

const NAME = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/
const MAX_LENGTH = 50

/** @throws Error for an invalid name */
export function backendNames(name: string): BackendNames {
  if (typeof name !== 'string' || !NAME.test(name) || name.length > MAX_LENGTH) {
    throw new Error(
      `name: expected lower-case words joined by "-", at most ${MAX_LENGTH} characters, got ${shown(name)}`,
    )
  }
  const base = name.replace(/-backend$/, '')
  // The class would have the name of its interface.
  if (base === 'secret') {
    throw new Error(`name: expected that of a secret manager; SecretBackend is the contract, got ${shown(name)}`)
  }
  const words = base.split('-')
  const Type = words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('')
  return {
    name,
    base,
    Type,
    value: Type.charAt(0).toLowerCase() + Type.slice(1),
    CONSTANT: words.join('_').toUpperCase(),
  }
}

/** A value of any type for a message. */
export function shown(value: unknown): string {
  return typeof value === 'string' ? JSON.stringify(value.slice(0, 100)) : typeof value
}
