import path from 'node:path'

/** How a user calls the program: `kubectl acksm` if kubectl runs it as its plug-in. */
export type ProgramName = 'acksm' | 'kubectl acksm'

/** The name of the program by the path with which it was started. Krew writes `kubectl-acksm`, with `_` for each further `-`.
 * `kubectl_complete-acksm` is how kubectl completes words. */
export function programNameOf(script: string): ProgramName {
  return /^kubectl(?:_complete)?[-_]acksm(?:\.\w+)?$/.test(path.basename(script)) ? 'kubectl acksm' : 'acksm'
}

/** Whether kubectl started the program to complete the words of its plug-in. */
export function completesFor(script: string): boolean {
  return /^kubectl_complete[-_]acksm(?:\.\w+)?$/.test(path.basename(script))
}
