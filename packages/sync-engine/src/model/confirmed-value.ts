import { defined, type SecretValue } from '@ack-secret-manager/core'

/** What is known of a value without its bytes and version. */
export interface ValueFacts extends Pick<SecretValue, 'type' | 'rotation'> {
  readonly byteLength: number
}

export type ConfirmedValue = ValueFacts & Pick<SecretValue, 'versionId'>

export function factsOf({ type, rotation, bytes }: SecretValue): ValueFacts {
  return { type, byteLength: bytes.expose().length, ...defined({ rotation }) }
}
