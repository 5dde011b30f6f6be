import assert from 'node:assert/strict'
import type { Ablation } from './ablation.ts'
import type { AblationFixture } from './ablation-fixture.ts'

const KINDS = ['Deployment', 'StatefulSet', 'DaemonSet'] as const

const plural = (kind: string): string => `${kind.toLowerCase()}s`

function isRestarted(fixture: AblationFixture, kind: string): Promise<boolean> {
  const { request, namespace } = fixture.cluster
  return request<{ metadata: { generation: number } }>(
    'GET',
    `/apis/apps/v1/namespaces/${namespace}/${plural(kind)}/${fixture.name}`,
  ).then(({ body }) => body.metadata.generation > 1)
}

/** A workload, and a Secret that it uses. */
async function workload(fixture: AblationFixture, kind: string): Promise<void> {
  const labels = { app: fixture.name }
  const template = { metadata: { labels }, spec: { containers: [{ name: 'c', image: 'i' }] } }
  const serviceName = kind === 'StatefulSet' ? { serviceName: fixture.name } : {}
  const spec = { selector: { matchLabels: labels }, template, ...serviceName }
  await fixture.applyObject({ apiVersion: 'apps/v1', kind, metadata: { name: fixture.name }, spec })
  await fixture.copy({ restart: [{ kind, name: fixture.name }] })
  await fixture.untilCopied()
}

/** Workloads that are restarted. */
export const RESTART_ABLATIONS: readonly Ablation[] = KINDS.flatMap((kind) =>
  ['get', 'patch'].map((verb): Ablation => ({
    permission: `${verb} ${plural(kind)}`,
    role: 'restart',
    effect: `A ${kind} in \`spec.restart\` is not restarted: the event \`RestartFailed\` names the permission.`,
    prepare: (fixture) => workload(fixture, kind),
    missing: async (fixture) => {
      await fixture.put('two')
      await fixture.untilCopied('two')
      await fixture.untilEvent('RestartFailed', `grant the verbs "get" and "patch" on "${plural(kind)}"`)
      const workloadOf = `"workload":"${kind} ${fixture.cluster.namespace}/${fixture.name}"`
      await fixture.operator.program.line((line) => line.includes(workloadOf) || undefined)
      assert.equal(await isRestarted(fixture, kind), false)
    },
    restored: (fixture) => fixture.until('the workload is restarted', () => isRestarted(fixture, kind)),
  })),
)
