import path from 'node:path'
import { cachedDirectory } from '@ack-secret-manager/control-plane'
import { DebianPackages } from './debian-packages.ts'

/**
 * Path of Prometheus, from Debian's packages, which the first call downloads into the cache (20 MB).
 * @throws DebianUnavailable if this machine has no apt, or the package cannot be downloaded
 */
export async function prometheusBinary(): Promise<string> {
  const root = await cachedDirectory('prometheus', `prometheus-${process.arch}`, async (directory, progress) => {
    progress.stage('downloading Prometheus')
    const packages = await DebianPackages.open(path.join(directory, 'apt'))
    await packages.unpack(['prometheus'], directory)
    progress.done('downloaded Prometheus')
  })
  return path.join(root, 'usr/bin/prometheus')
}
