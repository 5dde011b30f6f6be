import type { ExternalSecretResource } from '@ack-secret-manager/resources'

/** Fields that have an effect only in a cluster. */
export function meaninglessForFiles({ spec }: ExternalSecretResource): readonly string[] {
  return [
    ...(spec.restart.length > 0 ? ['spec.restart'] : []),
    ...(spec.target.immutable ? ['spec.target.immutable'] : []),
  ]
}
