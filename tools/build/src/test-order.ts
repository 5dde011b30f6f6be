import path from 'node:path'
import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** Cluster tests of more than 20 seconds, in seconds on two cores. */
export const LONG_FILES: Readonly<Record<string, number>> = {
  'e2e/chaos/src/cluster-tests/two-replicas.cluster.test.ts': 180,
  'e2e/conformance/src/sources.cluster.test.ts': 144,
  'e2e/rbac/src/rbac-ablation.cluster.test.ts': 125,
  'e2e/chaos/src/chaos.cluster.test.ts': 125,
  'e2e/chaos/src/cluster-tests/one-replica.cluster.test.ts': 100,
  'e2e/soak/src/soak.cluster.test.ts': 75,
  'e2e/conformance/src/sequential.cluster.test.ts': 68,
  'e2e/migration/src/upstream-adoption.cluster.test.ts': 65,
  'e2e/scenarios/src/stores/identities.cluster.test.ts': 60,
  'e2e/scenarios/src/lifecycle/restart.cluster.test.ts': 60,
  'e2e/bad-input/src/bad-identities.cluster.test.ts': 60,
  'e2e/rbac/src/permissions.cluster.test.ts': 60,
  'e2e/corpus/src/operator.cluster.test.ts': 60,
  'e2e/leaks/src/canary-scan.cluster.test.ts': 55,
  'e2e/scenarios/src/lifecycle/failover.cluster.test.ts': 55,
  'e2e/scenarios/src/lifecycle/encryption-at-rest.cluster.test.ts': 50,
  'e2e/scenarios/src/lifecycle/acceptance.cluster.test.ts': 50,
  'e2e/scenarios/src/ownership/cleanup.cluster.test.ts': 50,
  'e2e/install/src/install.cluster.test.ts': 50,
  'tools/control-plane/src/control-plane.cluster.test.ts': 50,
  'e2e/scenarios/src/cluster-external-secret/cluster-external-secret.cluster.test.ts': 43,
  'tools/published/src/packed.published.test.ts': 40,
  'tools/published/src/custom-backend.published.test.ts': 40,
  // With an image of the day.
  'e2e/image/src/built-image.cluster.test.ts': 35,
  'e2e/scenarios/src/lifecycle/paused-leader.cluster.test.ts': 35,
  'e2e/scenarios/src/scale/largest-spec.cluster.test.ts': 35,
  'e2e/install/src/rrsa.cluster.test.ts': 35,
  'e2e/conformance/src/specs.cluster.test.ts': 35,
  'e2e/corpus/src/diff.cluster.test.ts': 35,
  'e2e/migration/src/external-secrets-adoption.cluster.test.ts': 30,
}

/** Seconds of any other file, by project. */
const SHORT: Readonly<Record<string, number>> = { cluster: 10, published: 20, unit: 1 }

/**
 * Starts long files first, and spreads the files of each project over the whole run. Cluster tests mostly wait, so unit tests run
 * at the same time.
 */
export class TestOrder extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files)
    return spread(sorted, ({ moduleId, project }) => ({
      project: project.name,
      seconds: LONG_FILES[path.relative(this.ctx.config.root, moduleId)] ?? SHORT[project.name] ?? 1,
    }))
  }
}

/** Parts of a run. Within one, the files of a project follow each other, so that they keep their worker and its modules. */
const PARTS = 8

/** Longest first within a project, and in all projects about the same share of the seconds at any place of the list. */
export function spread<T>(
  files: readonly T[],
  costOf: (file: T) => { readonly project: string; readonly seconds: number },
): T[] {
  const costs = files.map((file) => ({ file, ...costOf(file) })).toSorted((a, b) => b.seconds - a.seconds)
  const totals = new Map<string, number>()
  const placed = costs.map((cost) => {
    const before = totals.get(cost.project) ?? 0
    totals.set(cost.project, before + cost.seconds)
    return { ...cost, before }
  })
  const partOf = ({ project, before }: { readonly project: string; readonly before: number }): number =>
    Math.floor((PARTS * before) / (totals.get(project) ?? 1))
  return placed.toSorted((a, b) => partOf(a) - partOf(b)).map(({ file }) => file)
}
