import path from 'node:path'
import { ControlPlaneUnavailable } from '../control-plane-error.ts'
import type { GoToolchain } from './go-build.ts'
import { PROGRAMS, type Program } from './programs.ts'

/** A directory with the programs, and which of the four sources provided it. */
export interface Binaries {
  readonly directory: string
  readonly source: 'assets' | 'cache' | 'archive' | 'build'
  readonly controllerManager: boolean
}

/** The machine as seen by the resolution; the real one is `machineEdge`. */
export interface BinariesEdge {
  /** Value of `KUBEBUILDER_ASSETS`. */
  readonly assetsDir: string | undefined
  /** Cache entries of a build and of the archive; they are complete or do not exist. */
  readonly buildDir: string
  readonly archiveDir: string
  isProgram(file: string): boolean
  /** Fills `archiveDir`. Rejects when offline or on a bad checksum. */
  fetchArchive(): Promise<void>
  findGo(): Promise<GoToolchain>
  /** Fills `buildDir`. */
  build(): Promise<void>
  note(text: string): void
}

/**
 * Finds the programs: `KUBEBUILDER_ASSETS`, then the cache, then the official archive, then a build from source.
 * The archive has no controller manager, so it is skipped if one is required. @throws ControlPlaneUnavailable if no source has the
 * programs, or `KUBEBUILDER_ASSETS` is a directory without them
 */
export async function resolveBinaries(wantsControllerManager: boolean, edge: BinariesEdge): Promise<Binaries> {
  const { assetsDir, buildDir, archiveDir } = edge
  const at = (directory: string, source: Binaries['source']): Binaries | undefined => {
    const has = (name: Program): boolean => edge.isProgram(path.join(directory, name))
    const controllerManager = has('kube-controller-manager')
    if (!has('etcd') || !has('kube-apiserver') || (wantsControllerManager && !controllerManager)) return undefined
    return { directory, source, controllerManager }
  }

  if (assetsDir) {
    const found = at(assetsDir, 'assets')
    if (found) return found
    const missing = PROGRAMS.filter((name) => !edge.isProgram(path.join(assetsDir, name)))
    if (missing.some((name) => name !== 'kube-controller-manager')) {
      const message = `KUBEBUILDER_ASSETS=${assetsDir} lacks ${missing.join(', ')}; correct or unset it`
      throw new ControlPlaneUnavailable(message, { goPresent: (await edge.findGo()).usable })
    }
    edge.note(`KUBEBUILDER_ASSETS has no kube-controller-manager, which is wanted: looking further`)
  }

  const cached = at(buildDir, 'cache') ?? at(archiveDir, 'cache')
  if (cached) return cached

  let archiveProblem = 'the envtest archive has no kube-controller-manager'
  if (!wantsControllerManager) {
    try {
      await edge.fetchArchive()
      const fetched = at(archiveDir, 'archive')
      if (fetched) return fetched
      archiveProblem = 'the envtest archive is incomplete'
    } catch (error) {
      archiveProblem = `the envtest archive could not be had (${messageOf(error)})`
    }
    edge.note(archiveProblem)
  }
  return buildFromSource(edge, archiveProblem, at)
}

async function buildFromSource(
  edge: BinariesEdge,
  archiveProblem: string,
  at: (directory: string, source: Binaries['source']) => Binaries | undefined,
): Promise<Binaries> {
  const advice = 'install Go, or point KUBEBUILDER_ASSETS to etcd, kube-apiserver and kube-controller-manager'
  const toolchain = await edge.findGo()
  if (!toolchain.usable) {
    const message = `no control plane: ${archiveProblem}, and ${toolchain.problem}; ${advice}`
    throw new ControlPlaneUnavailable(message, { goPresent: false })
  }
  try {
    await edge.build()
  } catch (cause) {
    const message = `no control plane: the build failed (${messageOf(cause)}); see that the Go module proxy can be reached`
    throw new ControlPlaneUnavailable(message, { goPresent: true, cause })
  }
  const built = at(edge.buildDir, 'build')
  if (built) return built
  throw new ControlPlaneUnavailable(`no control plane: the build left no programs in ${edge.buildDir}`, {
    goPresent: true,
  })
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
