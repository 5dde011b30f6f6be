import path from 'node:path'
import type { TestProject } from 'vitest/node'
import { ControlPlaneUnavailable } from './control-plane-error.ts'
import type { ControlPlane } from './control-plane.ts'
import type { ProvidedControlPlanes } from './provided.ts'
import { startControlPlane } from './start-control-plane.ts'

let planes: readonly ControlPlane[] = []

/** Variable with a file name for an audit log with the bodies of all writes of a run. */
const AUDIT_VARIABLE = 'CONTROL_PLANE_AUDIT_LOG'

/**
 * Starts the control planes that the cluster tests of one run share. If none is available, the tests are skipped with a one-line reason;
 * with Go or `CI=true` this is a failure.
 */
export async function setup(project: TestProject): Promise<void> {
  project.provide('controlPlanes', await startOrExplain(planesFor(project.config.maxWorkers, clusterFilesOf(project))))
}

async function startOrExplain(count: number): Promise<ProvidedControlPlanes> {
  try {
    // The first one starts alone, because it may have to download or build the programs.
    const first = await startShared(1)
    const others = Array.from({ length: count - 1 }, (_, index) => startShared(index + 2))
    planes = [first, ...(await Promise.all(others))]
    return { controlPlanes: planes.map(({ kubeconfigPath, auditLogPath = '' }) => ({ kubeconfigPath, auditLogPath })) }
  } catch (error) {
    if (!maySkip(error, process.env.CI)) throw error
    process.stderr.write(`cluster tests are skipped: ${error.message}\n`)
    return { unavailable: error.message }
  }
}

function startShared(worker: number): Promise<ControlPlane> {
  const auditLogPath = process.env[AUDIT_VARIABLE]
  if (auditLogPath === undefined) return startControlPlane({ audit: true })
  const { dir, name, ext } = path.parse(auditLogPath)
  const own = worker === 1 ? auditLogPath : path.join(dir, `${name}-${worker}${ext}`)
  return startControlPlane({ audit: 'bodies', auditLogPath: own })
}

/** Paths from the root of the workspace. */
function clusterFilesOf(project: TestProject): readonly string[] {
  const files = project.vitest.state.getPaths().filter((file) => project.matchesTestGlob(file))
  return files.map((file) => path.relative(project.config.root, file))
}

/**
 * One for each worker, because a file may have operators that serve the whole cluster. Files of packages have none and stay in their
 * namespaces, so they share one: a control plane takes as much CPU time as the tests of some packages.
 */
export function planesFor(workers: number, files: readonly string[]): number {
  if (files.every((file) => file.startsWith(`packages${path.sep}`))) return 1
  return Math.min(workers, files.length)
}

export async function teardown(): Promise<void> {
  await Promise.all(planes.map((plane) => plane.stop()))
}

/** Whether the missing control plane is a limitation of the machine, and not a defect. */
export function maySkip(error: unknown, ci: string | undefined): error is ControlPlaneUnavailable {
  return error instanceof ControlPlaneUnavailable && !error.goPresent && ci !== 'true'
}
