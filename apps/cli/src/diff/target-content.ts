import { isSecretSyncError, type MetadataName, type TargetRef } from '@ack-secret-manager/core'
import { inNamespace, type KubeClient, type KubeObject } from '@ack-secret-manager/k8s-client'
import { constants } from 'node:fs'
import { open } from 'node:fs/promises'
import path from 'node:path'
import { readObject } from '../sync/cluster/kube-errors.ts'

/** The content of a target, for comparisons in memory. */
export interface TargetContent {
  readonly data: ReadonlyMap<string, Uint8Array>
  /** Labels and annotations. */
  readonly metadata: ReadonlyMap<MetadataName, string>
}

/** Reads the content of a target. `keys` are those that are compared. */
export type ReadContent = (
  target: TargetRef,
  keys: readonly string[],
  options: { readonly signal: AbortSignal },
) => Promise<TargetContent>

/** Longer files are not the values of a Secret. */
const MAX_FILE_BYTES = 2 * 1024 * 1024
const NO_CONTENT: TargetContent = { data: new Map(), metadata: new Map() }

interface Secret extends KubeObject {
  readonly data?: Readonly<Record<string, string>>
}

/** Reads Secrets of a cluster. @throws SecretSyncError */
export function kubeContent(client: KubeClient): ReadContent {
  return async ({ namespace, name }, _keys, { signal }) => {
    const location = `${inNamespace('/api/v1/secrets', namespace)}/${encodeURIComponent(name)}`
    try {
      const { metadata, data = {} } = await readObject<Secret>(client, {
        path: location,
        what: `Secret ${namespace}/${name}`,
        signal,
      })
      const named = (kind: 'labels' | 'annotations'): [MetadataName, string][] =>
        Object.entries(metadata[kind] ?? {}).map(([key, value]) => [`${kind}/${key}`, value])
      return {
        data: new Map(Object.entries(data).map(([key, value]) => [key, Buffer.from(value, 'base64')])),
        metadata: new Map([...named('labels'), ...named('annotations')]),
      }
    } catch (error) {
      if (isSecretSyncError(error) && error.code === 'NotFound') return NO_CONTENT
      throw error
    }
  }
}

/** Reads files as a program sees them. A key that is no regular file counts as missing. */
export function fileContent(directory: string): ReadContent {
  return async ({ namespace, name }, keys) => {
    const data = new Map<string, Uint8Array>()
    for (const key of keys) {
      const bytes = await readRegularFile(path.join(directory, namespace, name, key))
      if (bytes !== undefined) data.set(key, bytes)
    }
    return { data, metadata: new Map() }
  }
}

async function readRegularFile(location: string): Promise<Uint8Array | undefined> {
  try {
    // Without O_NONBLOCK, a FIFO would block.
    const file = await open(location, constants.O_RDONLY | constants.O_NONBLOCK)
    try {
      const stat = await file.stat()
      return stat.isFile() && stat.size <= MAX_FILE_BYTES ? await file.readFile() : undefined
    } finally {
      await file.close()
    }
  } catch {
    // The writer reports what prevents a write.
    return undefined
  }
}
