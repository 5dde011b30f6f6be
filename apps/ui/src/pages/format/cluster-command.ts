import { shellWord } from '../../model/shell-word.ts'
import type { SessionView } from '../../model/views/index.ts'

/** Commands that read or change the cluster. The others work with KMS, with files or with the documentation. */
const USES_CLUSTER = /^(?:kubectl |acksm (?:status|tree|refresh|suspend|resume|ui)(?: |$)|acksm doctor --kube)/

/** Where a command has to work. */
export type CommandScope = Pick<SessionView, 'context' | 'kubeconfig'>

/**
 * A command for the cluster of the pages. The current context of the kubeconfig may be another one when the command is pasted, so that it
 * is always named. Pure.
 */
export function clusterCommand(command: string, { context, kubeconfig = '' }: CommandScope): string {
  const flags = [
    ...(kubeconfig === '' ? [] : ['--kubeconfig', shellWord(kubeconfig)]),
    ...(context === '' ? [] : ['--context', shellWord(context)]),
  ]
  if (flags.length === 0) return command
  const steps = command.includes("'") ? [command] : command.split(' | ')
  return steps.map((step) => (USES_CLUSTER.test(step) ? [step, ...flags].join(' ') : step)).join(' | ')
}

/** What starts the pages again as they were started. Pure. */
export function restartCommand({ namespace, isReadOnly }: SessionView): string {
  const scope = namespace === undefined ? '-A' : `-n ${shellWord(namespace)}`
  return `acksm ui ${scope}${isReadOnly ? ' --read-only' : ''}`
}
