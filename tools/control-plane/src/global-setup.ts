import { rmSync } from 'node:fs'
import { mkdtemp, rename, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { TestProject } from 'vitest/node'
import { adminKubeconfigIn, filesIn } from './components/data-dir.ts'
import { ControlPlaneUnavailable } from './control-plane-error.ts'
import type { ControlPlane } from './control-plane.ts'
import type { ProvidedControlPlane, ProvidedControlPlanes } from './provided.ts'
import { provideBinaries, startControlPlane } from './start-control-plane.ts'

let stopAll = async (): Promise<void> => undefined

/** Variable with a file name for an audit log with the bodies of all writes of a run. */
const AUDIT_VARIABLE = 'CONTROL_PLANE_AUDIT_LOG'

/**
 * Starts the control planes that the cluster tests of one run share, while other tests run. If the programs cannot be had, the tests are
 * skipped with a one-line reason; with Go or `CI=true` this is a failure.
 */
export async function setup(project: TestProject): Promise<void> {
  const files = clusterFilesOf(project)
  project.provide('controlPlanes', await startOrExplain(planesFor(project.config.maxWorkers, files)))
}

async function startOrExplain(count: number): Promise<ProvidedControlPlanes> {
  try {
    await provideBinaries()
  } catch (error) {
    if (!maySkip(error, process.env.CI)) throw error
    process.stderr.write(`cluster tests are skipped: ${error.message}\n`)
    return { unavailable: error.message }
  }
  const directory = await mkdtemp(path.join(tmpdir(), 'acksm-control-planes-'))
  const removeDirectory = (): void => rmSync(directory, { recursive: true, force: true })
  process.on('exit', removeDirectory)
  const started = Array.from({ length: count }, (_, index) => startShared(directory, index + 1))
  stopAll = async () => {
    await Promise.all(started.map(async ({ plane }) => (await plane)?.stop()))
    process.off('exit', removeDirectory)
    removeDirectory()
  }
  return { controlPlanes: started.map(({ provided }) => provided) }
}

interface Started {
  readonly provided: ProvidedControlPlane
  /** Undefined if it did not start, which the test files report. */
  readonly plane: Promise<ControlPlane | undefined>
}

function startShared(directory: string, worker: number): Started {
  const dataDir = path.join(directory, `${worker}`)
  const audit = auditOf(worker)
  const { auditLogPath = filesIn(dataDir).auditLog } = audit
  const outcomePath = `${dataDir}.outcome`
  const report = async (failure: string): Promise<void> => {
    await writeFile(`${outcomePath}.part`, failure)
    await rename(`${outcomePath}.part`, outcomePath)
  }
  const plane = startControlPlane({ ...audit, dataDir }).then(
    async (ready) => (await report(''), ready),
    async (error: unknown) => report(error instanceof Error ? error.message : 'unknown').then(() => undefined),
  )
  return { provided: { kubeconfigPath: adminKubeconfigIn(dataDir), auditLogPath, outcomePath }, plane }
}

function auditOf(worker: number): { readonly audit: true | 'bodies'; readonly auditLogPath?: string } {
  const auditLogPath = process.env[AUDIT_VARIABLE]
  if (auditLogPath === undefined) return { audit: true }
  const { dir, name, ext } = path.parse(auditLogPath)
  return { audit: 'bodies', auditLogPath: worker === 1 ? auditLogPath : path.join(dir, `${name}-${worker}${ext}`) }
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
  await stopAll()
}

/** Whether the missing control plane is a limitation of the machine, and not a defect. */
export function maySkip(error: unknown, ci: string | undefined): error is ControlPlaneUnavailable {
  return error instanceof ControlPlaneUnavailable && !error.goPresent && ci !== 'true'
}
