import { OperatorProcess } from '@ack-secret-manager/testenv'
import { measuredOperator } from '../../measure/meter.ts'
import { type GoBinaries, startGoOperator } from './go-operator.ts'
import type { Contender } from './contenders.ts'
import type { Running } from './running.ts'

/** Where an operator reads and writes. */
export interface Surroundings {
  readonly kubeconfigPath: string
  readonly caFile: string
  /** `host:port` */
  readonly kmsEndpoint: string
  readonly intervalMs: number
  readonly binaries: GoBinaries
}

/** Starts an operator with the flags of a contender. */
export async function startContender({ kind, name, flags }: Contender, around: Surroundings): Promise<Running> {
  const args = [`--polling-interval=${around.intervalMs / 1_000}s`, ...flags]
  if (kind === 'go') {
    const binary = name === 'go-uncapped' ? around.binaries.uncapped : around.binaries.released
    if (binary === undefined) throw new Error(`${name} needs a binary`)
    return startGoOperator({ ...around, binary, args })
  }
  const { kubeconfigPath, caFile, kmsEndpoint } = around
  const operator = await OperatorProcess.start({ bundle: true, kubeconfigPath, caFile, kmsEndpoint, args })
  const { program } = operator
  const exited = program.exited.then(() => program.latest)
  return { ...measuredOperator(operator), exited, stop: () => operator.stop() }
}
