import type { CommandIo, Completion } from '@ack-secret-manager/command-line'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { parse } from 'yaml'

/** Names of the contexts of the kubeconfig, or of those of `KUBECONFIG`. @throws Error for an invalid file */
export async function contextNames(
  kubeconfig: string | undefined,
  { env, cwd }: Pick<CommandIo, 'env' | 'cwd'>,
): Promise<readonly Completion[]> {
  const names = new Map<string, string>()
  for (const file of filesOf(kubeconfig, env)) {
    // As kubectl, without missing files.
    const document: unknown = parse(await readFile(path.resolve(cwd, file), 'utf8').catch(() => ''))
    for (const { name, context } of contextsOf(document)) {
      if (typeof name === 'string' && !names.has(name)) names.set(name, helpOf(context))
    }
  }
  return [...names].map(([word, help]) => ({ word, help }))
}

interface NamedContext {
  readonly name?: unknown
  readonly context?: { readonly cluster?: unknown; readonly namespace?: unknown } | null
}

function filesOf(kubeconfig: string | undefined, env: CommandIo['env']): readonly string[] {
  const one = kubeconfig ?? env['ACKSM_KUBECONFIG'] ?? ''
  if (one !== '') return [one]
  const several = (env['KUBECONFIG'] ?? '').split(path.delimiter).filter((file) => file !== '')
  return several.length > 0 ? several : [path.join(env['HOME'] ?? env['USERPROFILE'] ?? '', '.kube', 'config')]
}

function contextsOf(document: unknown): readonly NamedContext[] {
  const { contexts } = (document ?? {}) as { readonly contexts?: unknown }
  return Array.isArray(contexts) ? (contexts as readonly NamedContext[]) : []
}

function helpOf(context: NamedContext['context']): string {
  const { cluster, namespace } = context ?? {}
  const where = typeof namespace === 'string' ? `, namespace ${namespace}` : ''
  return typeof cluster === 'string' ? `cluster ${cluster}${where}` : ''
}
