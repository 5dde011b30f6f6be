import assert from 'node:assert/strict'
import { SYSTEM } from '../stage.ts'
import type { Trial } from './trial.ts'
import type { TrialScene } from './trial-scene.ts'

const role = 'own'
const LEASE = `/apis/coordination.k8s.io/v1/namespaces/${SYSTEM}/leases/ack-secret-manager`
const DIGEST_KEY = `/api/v1/namespaces/${SYSTEM}/secrets/ack-secret-manager-digest-key`

/** The operator reads its digest key after it serves probes: what it may not do ends it before it leads. */
async function startedAndLeading(scene: TrialScene): Promise<void> {
  await (await scene.start()).leading()
}

/** With nobody there: who leads makes its Lease anew at the next renewal. */
const remove = (where: string) => async (scene: TrialScene) => {
  await scene.stop()
  await scene.place.request('DELETE', where)
}

/** Right for the Lease. */
function lease(verb: string, prepare?: (scene: TrialScene) => Promise<void>): Trial {
  return {
    right: `${verb} leases`,
    role,
    without: 'It is ready and never leads: nothing is synced.',
    atStart: true,
    ...(prepare && { prepare }),
    missing: async (scene) => {
      await scene.start()
      await scene.untilRefused()
      assert.match(await scene.readyz(), /^ok\b/)
    },
    mended: (scene) => scene.operator.leading(),
  }
}

/** Right for the key that digests are made with, where no right in the cluster includes it. */
function digestKey(verb: string, prepare?: (scene: TrialScene) => Promise<void>): Trial {
  return {
    right: `${verb} secrets`,
    role,
    without: `It does not start: it ends and names the right.`,
    atStart: true,
    ...(prepare && { prepare }),
    missing: async (scene) => {
      await assert.rejects(startedAndLeading(scene), new RegExp(`${verb} secrets ${SYSTEM}/?[a-z-]*: 403 Forbidden`))
      await scene.stop(1)
    },
    mended: async (scene) => (await scene.start()).leading(),
  }
}

/** The operator's own namespace. */
export const OWN_TRIALS: readonly Trial[] = [
  lease('get'),
  // Of the operator before it is there to be taken over, or not.
  lease('create', remove(LEASE)),
  lease('update'),
]

/** What the Role in the operator's own namespace has besides with `rbac.scope: Namespaced`. */
export const DIGEST_KEY_TRIALS: readonly Trial[] = [digestKey('get'), digestKey('create', remove(DIGEST_KEY))]
