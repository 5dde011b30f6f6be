import { createHash } from 'node:crypto'
import path from 'node:path'
import type { Versions } from './versions.ts'

type Environment = Readonly<Record<string, string | undefined>>

/** The directory outside the checkout for slow downloads and builds. */
export function cacheRoot(env: Environment, home: string): string {
  if (env.ACKSM_CACHE_DIR) return path.resolve(env.ACKSM_CACHE_DIR)
  return path.join(env.XDG_CACHE_HOME || path.join(home, '.cache'), 'ack-secret-manager')
}

/** Inputs that determine the content of a built binary. */
export interface BuildInput {
  readonly versions: Versions
  /** All sources and compiler settings: text by file name. */
  readonly sources: Readonly<Record<string, string>>
  readonly platform: string
  readonly arch: string
}

/** Name of the cache entry for a build: readable versions, and a hash that changes with any of the sources. */
export function cacheKey({ versions, sources, platform, arch }: BuildInput): string {
  const hash = createHash('sha256')
  for (const name of Object.keys(sources).sort()) hash.update(`${name}\0${sources[name]}\0`)
  const digest = hash.digest('hex').slice(0, 12)
  return `control-plane-k8s-${versions.kubernetes}-etcd-${versions.etcd}-${digest}-${platform}-${arch}`
}
