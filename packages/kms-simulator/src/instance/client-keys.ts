import type { KeyObject } from 'node:crypto'
import { NamedRegistry } from '../named-registry.ts'

/** Client key of an application access point, which signs requests to the gateway. */
export interface ClientKey {
  readonly id: string
  readonly publicKey: KeyObject
  /** Patterns of the secrets that its access point may read. */
  readonly secrets: readonly string[]
  /** Expiry of the key. */
  readonly notAfterMs: number
  /** The client key file for clients. */
  readonly file: string
  readonly password: string
}

/** The client keys that exist. */
export class ClientKeys extends NamedRegistry<ClientKey> {
  constructor(keys: Iterable<ClientKey>) {
    super(keys, ({ id }) => id)
  }
}
