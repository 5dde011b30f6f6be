import type { CommandCall } from '@ack-secret-manager/command-line'
import { crds, crdYaml } from '@ack-secret-manager/resources'
import type { CRDS_FLAGS } from './crds-flags.ts'
import { jsonText } from '../output/json-text.ts'

/** `acksm crds` */
export function runCrds({ flags, io }: CommandCall<typeof CRDS_FLAGS>): Promise<number> {
  const list = { apiVersion: 'v1', kind: 'List', items: crds() }
  io.stdout.write(flags.output === 'json' ? jsonText(list, 2) : crdYaml())
  return Promise.resolve(0)
}
