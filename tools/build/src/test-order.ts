import { availableParallelism } from 'node:os'
import path from 'node:path'
import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** Tests of more than 20 seconds, in seconds on two busy cores, from a run of all. */
export const LONG_FILES: Readonly<Record<string, number>> = {
  'e2e/chaos/src/cluster-tests/two-replicas.cluster.test.ts': 218,
  'e2e/scenarios/src/push-refresh/push-refresh.cluster.test.ts': 205,
  'e2e/rbac/src/rbac-ablation.cluster.test.ts': 186,
  'e2e/chaos/src/chaos.cluster.test.ts': 180,
  'e2e/conformance/src/sources.cluster.test.ts': 153,
  'tools/site/src/site.published.test.ts': 134,
  'e2e/chaos/src/cluster-tests/one-replica.cluster.test.ts': 133,
  'tools/bench/src/compare/compare.cluster.test.ts': 125,
  'e2e/scenarios/src/push-secret/push-secret.cluster.test.ts': 110,
  'e2e/scenarios/src/stores/batches.cluster.test.ts': 80,
  'e2e/soak/src/soak.cluster.test.ts': 108,
  'apps/ui/src/pages/pages.test.ts': 104,
  'e2e/scenarios/src/stores/find.cluster.test.ts': 57,
  'e2e/leaks/src/canary-scan.cluster.test.ts': 94,
  'e2e/scenarios/src/shards/shards.cluster.test.ts': 91,
  'e2e/conformance/src/sequential.cluster.test.ts': 81,
  'e2e/corpus/src/operator.cluster.test.ts': 70,
  'e2e/corpus/src/diff.cluster.test.ts': 70,
  'e2e/scenarios/src/lifecycle/restart-limits.cluster.test.ts': 70,
  'e2e/scenarios/src/scale/largest-spec.cluster.test.ts': 68,
  'e2e/scenarios/src/lifecycle/encryption-at-rest.cluster.test.ts': 66,
  'e2e/scenarios/src/lifecycle/failover.cluster.test.ts': 65,
  'e2e/bad-input/src/bad-identities.cluster.test.ts': 63,
  'tools/published/src/packed.published.test.ts': 55,
  'tools/published/src/custom-backend.published.test.ts': 52,
  'e2e/scenarios/src/lifecycle/acceptance.cluster.test.ts': 49,
  'tools/release/src/release.test.ts': 49,
  'e2e/migration/src/upstream-adoption.cluster.test.ts': 48,
  'e2e/rbac/src/permissions.cluster.test.ts': 48,
  'apps/ui/src/pages/interaction.test.ts': 46,
  'e2e/scenarios/src/lifecycle/restart.cluster.test.ts': 46,
  'e2e/install/src/install.cluster.test.ts': 45,
  'apps/cli/src/exec/exec-watch.test.ts': 40,
  'e2e/install/src/rrsa.cluster.test.ts': 39,
  'e2e/scenarios/src/ownership/cleanup.cluster.test.ts': 39,
  'e2e/scenarios/src/scale/large-objects.cluster.test.ts': 39,
  'e2e/corpus/src/diff.test.ts': 37,
  'e2e/scenarios/src/cluster-external-secret/cluster-external-secret.cluster.test.ts': 36,
  'tools/chart/src/chart-values.test.ts': 36,
  'e2e/install/src/promtool/promtool.cluster.test.ts': 36,
  'e2e/scenarios/src/lifecycle/restored-etcd.cluster.test.ts': 36,
  'e2e/scenarios/src/shards/shard-rollout.cluster.test.ts': 35,
  // With an image of the day.
  'e2e/image/src/built-image.cluster.test.ts': 35,
  'e2e/corpus/src/cli.test.ts': 32,
  'tools/published/src/muted.published.test.ts': 32,
  'e2e/scenarios/src/stores/identities.cluster.test.ts': 31,
  'tools/control-plane/src/control-plane.cluster.test.ts': 30,
  'e2e/conformance/src/specs.cluster.test.ts': 30,
  'apps/cli/src/process-end.test.ts': 29,
  'e2e/scenarios/src/stores/store-reachability.cluster.test.ts': 29,
  'apps/ui/src/server/scale.cluster.test.ts': 29,
  'apps/ui/src/server/faults.cluster.test.ts': 28,
  'e2e/chaos/src/simulation/simulation.test.ts': 27,
  'apps/cli/src/status/status.cluster.test.ts': 26,
  'tools/control-plane/src/main.cluster.test.ts': 26,
  'e2e/scenarios/src/templates/templates.cluster.test.ts': 26,
  'e2e/scenarios/src/lifecycle/paused-leader.cluster.test.ts': 25,
  'e2e/scenarios/src/lifecycle/log-lines.cluster.test.ts': 25,
  'tools/generators/src/backend/backend-generator.test.ts': 24,
  'e2e/scenarios/src/scale/cluster-external-secret.scale.cluster.test.ts': 24,
  'e2e/scenarios/src/shards/forged-leases.cluster.test.ts': 23,
  'e2e/scenarios/src/ownership/replace.cluster.test.ts': 23,
  'apps/cli/src/terminal/terminal.test.ts': 22,
  'e2e/scenarios/src/push-secret/push-secret-kills.cluster.test.ts': 22,
  'apps/cli/src/refresh/refresh.cluster.test.ts': 22,
  'e2e/install/src/upstream.cluster.test.ts': 21,
  'e2e/scenarios/src/push-secret/push-secret-shards.cluster.test.ts': 21,
  'e2e/scenarios/src/ownership/lost-metadata.cluster.test.ts': 20,
  'e2e/scenarios/src/cluster-external-secret/cluster-external-secret.absent.cluster.test.ts': 20,
  'tools/pictures/src/stories/demo-story.cluster.test.ts': 20,
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
    if (files.every(({ moduleId }) => keepsCoreBusy(this.#pathOf(moduleId)))) {
      for (const { project } of files) {
        project.config.maxWorkers = Math.min(project.config.maxWorkers, availableParallelism())
      }
    }
    return spread(sorted, ({ moduleId, project }) => ({
      project: project.name,
      seconds: LONG_FILES[this.#pathOf(moduleId)] ?? SHORT[project.name] ?? 1,
    }))
  }

  #pathOf(moduleId: string): string {
    return path.relative(this.ctx.config.root, moduleId)
  }
}

/** Packages whose tests compute and hardly wait. Those of others wait for databases, connections or deadlines. */
const COMPUTING = ['go-template', 'k8s-client', 'k8s-writer', 'sync-engine'].map((name) =>
  path.join('packages', name, path.sep),
)

/** With such tests, more workers than cores only load the same modules and start an API server more often: one to three seconds of CPU time each. */
export function keepsCoreBusy(file: string): boolean {
  return COMPUTING.some((folder) => file.startsWith(folder))
}

/** Parts of a long run. Within one, the files of a project follow each other. */
const MAX_PARTS = 8

/** A new worker takes half a second of CPU time, so the files of a package are one part. */
const MIN_FILES_OF_PART = 50

/** Longest first within a project and part, and in all projects about the same share of the seconds at any part of the list. */
export function spread<T>(
  files: readonly T[],
  costOf: (file: T) => { readonly project: string; readonly seconds: number },
  minFilesOfPart = MIN_FILES_OF_PART,
): T[] {
  const costs = files.map((file) => ({ file, ...costOf(file) })).toSorted((a, b) => b.seconds - a.seconds)
  const totals = new Map<string, number>()
  const placed = costs.map((cost) => {
    const before = totals.get(cost.project) ?? 0
    totals.set(cost.project, before + cost.seconds)
    return { ...cost, before }
  })
  const parts = Math.max(1, Math.min(MAX_PARTS, Math.floor(files.length / minFilesOfPart)))
  const partOf = ({ project, before }: { readonly project: string; readonly before: number }): number =>
    Math.floor((parts * before) / (totals.get(project) ?? 1))
  // The control planes of cluster tests start during the first unit tests of a small run.
  const projects = parts === 1 ? [...totals.keys()].toReversed() : [...totals.keys()]
  const placeOf = ({ project }: { readonly project: string }): number => projects.indexOf(project)
  return placed.toSorted((a, b) => partOf(a) - partOf(b) || placeOf(a) - placeOf(b)).map(({ file }) => file)
}
