import type { CommandCall } from '@ack-secret-manager/command-line'
import { crds, crdYaml } from '@ack-secret-manager/resources'
import type { CRDS_FLAGS } from './crds-flags.ts'

/** `acksm crds` */
export function runCrds({ flags, io }: CommandCall<typeof CRDS_FLAGS>): Promise<number> {
  const list = { apiVersion: 'v1', kind: 'List', items: crds() }
  io.stdout.write(flags.output === 'json' ? `${JSON.stringify(list, undefined, 2)}\n` : crdYaml())
  return Promise.resolve(0)
}
