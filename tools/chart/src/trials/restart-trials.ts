import assert from 'node:assert/strict'
import type { Trial } from './trial.ts'
import type { TrialScene } from './trial-scene.ts'

const KINDS = ['Deployment', 'StatefulSet', 'DaemonSet'] as const

const plural = (kind: string): string => `${kind.toLowerCase()}s`

function isRestarted(scene: TrialScene, kind: string): Promise<boolean> {
  const { request, namespace } = scene.place
  return request<{ metadata: { generation: number } }>(
    'GET',
    `/apis/apps/v1/namespaces/${namespace}/${plural(kind)}/${scene.name}`,
  ).then(({ body }) => body.metadata.generation > 1)
}

/** A workload, and a Secret that it uses. */
async function workload(scene: TrialScene, kind: string): Promise<void> {
  const labels = { app: scene.name }
  const template = { metadata: { labels }, spec: { containers: [{ name: 'c', image: 'i' }] } }
  const serviceName = kind === 'StatefulSet' ? { serviceName: scene.name } : {}
  const spec = { selector: { matchLabels: labels }, template, ...serviceName }
  await scene.applyObject({ apiVersion: 'apps/v1', kind, metadata: { name: scene.name }, spec })
  await scene.copy({ restart: [{ kind, name: scene.name }] })
  await scene.untilCopied()
}

/** Workloads that are restarted. */
export const RESTART_TRIALS: readonly Trial[] = KINDS.flatMap((kind) =>
  ['get', 'patch'].map((verb): Trial => ({
    right: `${verb} ${plural(kind)}`,
    role: 'restart',
    without: `A ${kind} in \`spec.restart\` keeps the former value: the event \`RestartFailed\` names the right.`,
    prepare: (scene) => workload(scene, kind),
    missing: async (scene) => {
      await scene.put('two')
      await scene.untilCopied('two')
      await scene.untilEvent('RestartFailed', `give us the verbs "get" and "patch" on "${plural(kind)}"`)
      assert.equal(await isRestarted(scene, kind), false)
    },
    mended: (scene) => scene.until('the workload is restarted', () => isRestarted(scene, kind)),
  })),
)
