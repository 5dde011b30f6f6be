import { join } from 'node:path'
import { SecretSyncError, type TargetRef } from '@ack-secret-manager/core'
import type { Disk } from './disk.ts'
import { isNamespaceName, isTargetName } from './target-name.ts'

/**
 * The folders below `root` with valid target names. Skips everything else.
 * @throws SecretSyncError `TooLarge` for more than `maxTargets`
 */
export async function listTargets(root: string, maxTargets: number, disk: Disk): Promise<readonly TargetRef[]> {
  const targets: TargetRef[] = []
  for (const namespace of await folders(root, isNamespaceName, disk)) {
    for (const name of await folders(join(root, namespace), isTargetName, disk)) {
      if (targets.length >= maxTargets) {
        throw new SecretSyncError('TooLarge', `${root} holds more than ${maxTargets} targets; use several directories`)
      }
      targets.push({ namespace, name })
    }
  }
  return targets
}

async function folders(path: string, isName: (name: string) => boolean, disk: Disk): Promise<readonly string[]> {
  const names: string[] = []
  for (const name of await disk.list(path)) {
    if (isName(name) && (await disk.kindOf(join(path, name))) === 'directory') names.push(name)
  }
  return names
}
