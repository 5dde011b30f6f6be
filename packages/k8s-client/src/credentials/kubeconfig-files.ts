import { existsSync } from 'node:fs'
import { homedir } from 'node:os'
import path from 'node:path'

/** The files that client-node reads. @param kubeconfigPath @default `KUBECONFIG` or `~/.kube/config`, if it exists */
export function kubeconfigFiles(kubeconfigPath: string | undefined): readonly string[] {
  if (kubeconfigPath !== undefined) return [kubeconfigPath]
  const files = (process.env.KUBECONFIG ?? '').split(path.delimiter).filter(Boolean)
  return files.length > 0 ? files : [path.join(homedir(), '.kube', 'config')].filter((file) => existsSync(file))
}
