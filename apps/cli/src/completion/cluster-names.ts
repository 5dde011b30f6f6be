import { type CommandIo, type Completion, variableOf } from '@ack-secret-manager/command-line'
import { type ResourceKind, resourcesPath } from '@ack-secret-manager/resources'
import { ClusterReader } from '../kube/cluster-reader.ts'
import { kindNamed } from '../kube/resource-ref.ts'
import { openCluster } from '../sync/cluster/cluster.ts'
import { REQUESTS_DEADLINE_MS } from './deadlines.ts'
import type { SourceRequest } from './source-request.ts'

const KIND_WORDS: readonly Completion[] = [
  { word: 'store/', help: 'a SecretStore' },
  { word: 'css/', help: 'a ClusterSecretStore' },
  { word: 'ces/', help: 'a ClusterExternalSecret' },
]

/** Namespaces, or resources in the form that commands take, of the cluster that the command line selects. @throws SecretSyncError | UsageError */
export async function clusterNames(
  { source, given, typed }: SourceRequest,
  { env, cwd }: Pick<CommandIo, 'env' | 'cwd'>,
  signal: AbortSignal,
): Promise<readonly Completion[]> {
  const valueOf = (flag: string): string | undefined => given.get(flag) ?? (env[variableOf(flag)] || undefined)
  const client = await openCluster({ kubeconfig: valueOf('kubeconfig'), context: valueOf('context') }, { cwd })
  try {
    const deadline = AbortSignal.any([signal, AbortSignal.timeout(REQUESTS_DEADLINE_MS)])
    const reader = new ClusterReader({ client, signal: deadline })
    if (source === 'namespace') return await listNames(reader, '/api/v1/namespaces', '')
    const namespace = valueOf('namespace') ?? client.namespace ?? 'default'
    if (source === 'push-secret') return await pushSecretWords(reader, { typed, namespace })
    return await resourceWords(reader, { typed, namespace })
  } finally {
    await client.close()
  }
}

interface ResourceWord {
  readonly typed: string
  /** Of resources that are typed without one. */
  readonly namespace: string
}

async function resourceWords(reader: ClusterReader, word: ResourceWord): Promise<readonly Completion[]> {
  const names = await namesOf(reader, 'ExternalSecret', word)
  const { typed } = word
  return typed === '' || typed.includes('/') ? names : [...names, ...KIND_WORDS]
}

async function pushSecretWords(reader: ClusterReader, word: ResourceWord): Promise<readonly Completion[]> {
  const [first = ''] = word.typed.split('/')
  const kind = word.typed.includes('/') ? kindNamed(first) : undefined
  return kind === undefined || kind === 'PushSecret' ? namesOf(reader, 'PushSecret', word) : []
}

/** Words for `NAME`, `NAMESPACE/NAME`, `KIND/NAME` and `KIND/NAMESPACE/NAME`. @param standard kind of a word without one */
async function namesOf(
  reader: ClusterReader,
  standard: ResourceKind,
  { typed, namespace }: ResourceWord,
): Promise<readonly Completion[]> {
  const parts = typed.split('/').slice(0, -1)
  const kind = parts.length > 0 ? kindNamed(parts[0] ?? '') : undefined
  const [home, more] = kind === undefined ? parts : parts.slice(1)
  if (more !== undefined) return []
  const before = parts.map((part) => `${part}/`).join('')
  return listOf(reader, kind ?? standard, home ?? namespace, before)
}

async function listOf(
  reader: ClusterReader,
  kind: ResourceKind,
  namespace: string,
  before: string,
): Promise<readonly Completion[]> {
  return listNames(reader, resourcesPath(kind, namespace), before)
}

async function listNames(reader: ClusterReader, where: string, before: string): Promise<readonly Completion[]> {
  const objects = await reader.list(where, where, { metadataOnly: true })
  return objects.map(({ metadata: { name = '' } }) => ({ word: `${before}${name}`, help: '' }))
}
