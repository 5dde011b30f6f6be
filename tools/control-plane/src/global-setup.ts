import path from 'node:path'
import type { TestProject } from 'vitest/node'
import { ControlPlaneUnavailable } from './control-plane-error.ts'
import type { ControlPlane } from './control-plane.ts'
import type { ProvidedControlPlanes } from './provided.ts'
import { startControlPlane } from './start-control-plane.ts'

let planes: readonly ControlPlane[] = []

/** Names a file for an audit log with the bodies of writes: to see everything that a run has sent to the API servers. */
const AUDIT_VARIABLE = 'CONTROL_PLANE_AUDIT_LOG'

/**
 * Starts the control planes that the cluster tests of one run share, one for each worker that is needed.
 * Where none can be had the tests are skipped, with one line saying why; with Go present or `CI=true` that is a failure.
 */
export async function setup(project: TestProject): Promise<void> {
  project.provide('controlPlanes', await startOrExplain(workersFor(project)))
}

async function startOrExplain(workers: number): Promise<ProvidedControlPlanes> {
  try {
    // By itself: it may have to get the programs first.
    const first = await startShared(1)
    const others = Array.from({ length: workers - 1 }, (_, index) => startShared(index + 2))
    planes = [first, ...(await Promise.all(others))]
    return { kubeconfigPaths: planes.map(({ kubeconfigPath }) => kubeconfigPath) }
  } catch (error) {
    if (!maySkip(error, process.env.CI)) throw error
    process.stderr.write(`cluster tests are skipped: ${error.message}\n`)
    return { unavailable: error.message }
  }
}

function startShared(worker: number): Promise<ControlPlane> {
  const auditLogPath = process.env[AUDIT_VARIABLE]
  if (auditLogPath === undefined) return startControlPlane()
  const { dir, name, ext } = path.parse(auditLogPath)
  const own = worker === 1 ? auditLogPath : path.join(dir, `${name}-${worker}${ext}`)
  return startControlPlane({ audit: 'bodies', auditLogPath: own })
}

/** As many as run at once, and no more than the project has files in this run. */
function workersFor(project: TestProject): number {
  const files = project.vitest.state.getPaths().filter((file) => project.matchesTestGlob(file))
  return Math.max(1, Math.min(project.config.maxWorkers, files.length))
}

export async function teardown(): Promise<void> {
  await Promise.all(planes.map((plane) => plane.stop()))
}

/** Whether not getting a control plane is a fact of the machine, and no defect. */
export function maySkip(error: unknown, ci: string | undefined): error is ControlPlaneUnavailable {
  return error instanceof ControlPlaneUnavailable && !error.goPresent && ci !== 'true'
}
