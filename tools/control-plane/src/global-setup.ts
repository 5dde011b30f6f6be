import type { TestProject } from 'vitest/node'
import { ControlPlaneUnavailable } from './control-plane-error.ts'
import type { ControlPlane } from './control-plane.ts'
import type { ProvidedControlPlane } from './provided.ts'
import { startControlPlane } from './start-control-plane.ts'

let plane: ControlPlane | undefined

/** Names a file for an audit log with the bodies of writes: for whoever wants to know what a whole run has told the API server. */
const AUDIT_VARIABLE = 'CONTROL_PLANE_AUDIT_LOG'

/**
 * Starts the control plane that the cluster tests of one run share.
 * Where none can be had the tests are skipped, with one line saying why; with Go present or `CI=true` that is a failure.
 */
export async function setup(project: TestProject): Promise<void> {
  project.provide('controlPlane', await startOrExplain())
}

async function startOrExplain(): Promise<ProvidedControlPlane> {
  try {
    const auditLogPath = process.env[AUDIT_VARIABLE]
    plane = await startControlPlane(auditLogPath === undefined ? {} : { audit: 'bodies', auditLogPath })
    return { kubeconfigPath: plane.kubeconfigPath }
  } catch (error) {
    if (!maySkip(error, process.env.CI)) throw error
    process.stderr.write(`cluster tests are skipped: ${error.message}\n`)
    return { unavailable: error.message }
  }
}

export async function teardown(): Promise<void> {
  await plane?.stop()
}

/** Whether not getting a control plane is a fact of the machine, and no defect. */
export function maySkip(error: unknown, ci: string | undefined): error is ControlPlaneUnavailable {
  return error instanceof ControlPlaneUnavailable && !error.goPresent && ci !== 'true'
}
