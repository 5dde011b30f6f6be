import { type CommandCall, UsageError } from '@ack-secret-manager/command-line'
import { isSecretSyncError, systemClock } from '@ack-secret-manager/core'
import { isConfirmed, type OperatorDeployment, type OperatorState } from '@ack-secret-manager/resource-view'
import { commandFailureOf } from '../failure.ts'
import { withKube } from '../kube/kube-session.ts'
import { operatorDocument, readOperatorState } from '../kube/operator-state.ts'
import { Log } from '../output/log.ts'
import { during, READING_CLUSTER } from '../output/progress.ts'
import { printable } from '../output/printable.ts'
import { VERSION } from '../version.ts'
import type { VERSION_FLAGS } from './version-flags.ts'
import { jsonText } from '../output/json-text.ts'

type Call = CommandCall<typeof VERSION_FLAGS>

/** `acksm version` */
export async function runVersion(call: Call): Promise<number> {
  const { flags, io } = call
  const log = new Log(io.stderr, flags['log-level'])
  const { operator, exitCode } = flags.client ? { operator: undefined, exitCode: 0 } : await readOperator(call, log)
  if (flags.output === 'json') {
    const client = { version: VERSION, node: process.versions.node }
    io.stdout.write(
      jsonText({
        client,
        ...(operator ? { operator: { deployments: operator.deployments, ...operatorDocument(operator) } } : {}),
      }),
    )
    return exitCode
  }
  io.stdout.write(`acksm ${VERSION} (Node ${process.versions.node})\n`)
  for (const deployment of operator?.deployments ?? []) {
    const mark = operator && !isConfirmed(operator.home) ? ', not confirmed' : ''
    io.stdout.write(`${printable(`${deploymentText(deployment)}${mark}`)}\n`)
  }
  if (operator && operator.deployments.length === 0) {
    log.info(
      `version of the operator unknown: ${operator.state === 'unknown' ? operator.detail : 'no Deployment of it was found'}`,
    )
  }
  const other = operator?.deployments.find(({ version }) => version !== undefined && version !== VERSION)
  if (other)
    log.info(
      `acksm ${VERSION} and operator ${other.version} differ; fields and reasons of the newer one may be unknown to the other`,
    )
  return exitCode
}

/** A laptop without a kubeconfig is no failure, unless a flag names a cluster. */
async function readOperator(
  { flags, io }: Call,
  log: Log,
): Promise<{ readonly operator: OperatorState | undefined; readonly exitCode: number }> {
  let operator: OperatorState | undefined
  try {
    const exitCode = await withKube({ flags, io, timeoutMs: flags.timeout }, async ({ reader }) => {
      const reading = readOperatorState(reader, systemClock.now(), flags['operator-namespace'])
      operator = await during(io, () => READING_CLUSTER, reading)
      return 0
    })
    return { operator, exitCode }
  } catch (error) {
    if (io.signal.aborted) throw error
    if (error instanceof UsageError && flags.kubeconfig === undefined && flags.context === undefined) {
      log.info(`version of the operator unknown: ${error.message}`)
      return { operator, exitCode: 0 }
    }
    if (!isSecretSyncError(error)) throw error
    // The version of the command is printed in any case.
    for (const line of commandFailureOf(error, 'version', io.signal).lines) log.warn(line)
    return { operator, exitCode: 1 }
  }
}

function deploymentText({
  namespace,
  name,
  version = 'unknown',
  image = '',
  readyReplicas,
  replicas,
}: OperatorDeployment): string {
  return `operator ${version} (Deployment ${namespace}/${name}, ${readyReplicas}/${replicas} ready, image ${image})`
}
